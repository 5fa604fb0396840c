import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Connection } from '../connection.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import type { ClientLink, Conversation } from '../conversation.ts'
import type { Framing } from '../framing.ts'
import { hasBody } from './handshake.ts'
import type { AppOptions } from './options.ts'
import type { RequestClients } from './requests.ts'
import { ResponseTransport } from './response-transport.ts'

const RETRY_AFTER_S = 60
const NO_INPUT: Framing<never, never> = { held: 0, feed: () => true, next: () => undefined }

/** A response whose body is written until either side ends it. */
interface LastingResponse {
  readonly headers: Readonly<Record<string, string>>
  readonly options: ConnectionOptions
  /** Returns the conversation, whose output is the body; with `isChunked` in whole chunks. */
  readonly converse: (link: ClientLink, isChunked: boolean) => Conversation<never>
}

/** The lasting responses of the HTTP port: connections that only get output, behind the head of an ordinary response. */
export class Responses {
  readonly #options: AppOptions
  readonly #requests: RequestClients

  constructor(options: AppOptions, requests: RequestClients) {
    this.#options = options
    this.#requests = requests
  }

  /**
   * Answers a request with status 200 and a body that lasts; a HEAD request with the headers alone. The connection is used up: later requests
   * on it are discarded. A client behind a trusted proxy that has too many is answered with status 429.
   */
  async open(request: FastifyRequest, reply: FastifyReply, response: LastingResponse): Promise<FastifyReply> {
    const { socket, method } = request
    const { visitors, admission } = this.#options
    if (hasBody(request)) return reply.code(400).send()
    if (method !== 'HEAD' && (await this.#requests.exceedsLimit(request))) {
      return reply.code(429).header('Retry-After', RETRY_AFTER_S).send()
    }
    reply.headers(response.headers).hijack()
    if (method === 'HEAD') {
      headOf(reply).writeHead(200).end()
      return reply
    }
    // Responses to earlier requests of the connection are written first.
    if (!reply.raw.socket) await once(reply.raw, 'socket')
    if (socket.writableNeedDrain) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
    const visitor = visitors.get(socket)
    if (socket.destroyed || !visitor) return reply
    const isChunked = this.#writeHead(request, reply)
    reply.raw.detachSocket(socket)
    visitor.takeOver()
    try {
      const transport = new ResponseTransport(socket, isChunked)
      const converse = (link: ClientLink) => response.converse(link, isChunked)
      const address = this.#requests.clientOf(request)
      const connection = new Connection(transport, NO_INPUT, converse, response.options, address)
      visitor.become(connection, (full) => admission.banOf(full))
    } catch (error) {
      this.#options.log.error({ err: error, route: request.routeOptions.url }, 'cannot open a connection')
      socket.destroy()
    }
    return reply
  }

  /** Returns true if the body consists of chunks: for clients of HTTP/1.1 that would send further requests. */
  #writeHead({ raw }: FastifyRequest, reply: FastifyReply): boolean {
    const response = headOf(reply)
    const isChunked = raw.httpVersion === '1.1' && response.shouldKeepAlive
    response.useChunkedEncodingByDefault = isChunked
    response.writeHead(200, { Connection: 'close' }).flushHeaders()
    return isChunked
  }
}

/** Returns the response of a reply with its headers. */
function headOf(reply: FastifyReply): ServerResponse {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  return reply.raw
}
