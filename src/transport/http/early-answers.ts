import type { FastifyReply, FastifyRequest } from 'fastify'
import { logBounded } from '../bounded-log.ts'
import { allowListed } from './cors.ts'
import { asksForWebSocket, hasBody, isEncoded } from './handshake.ts'
import { hasValidHost, takeHostOfTarget } from './host.ts'
import type { AppOptions } from './options.ts'
import { isRebound, SAFE_METHODS } from './origin.ts'
import type { RequestClients } from './requests.ts'
import { reasonFor, statusOf } from './status.ts'
import type { Upgrades } from './upgrades.ts'

/** Answers requests that do not come to their route: of refused or banned clients, of foreign pages, and to unknown paths and hosts. */
export class EarlyAnswers {
  readonly #options: AppOptions
  readonly #requests: RequestClients
  readonly #upgrades: Upgrades
  /** True if only programs of this machine reach the port. */
  readonly #local: boolean
  /** The last host of a request that was a name of this machine. */
  #ownHost: string | undefined

  constructor(options: AppOptions, requests: RequestClients, upgrades: Upgrades, local: boolean) {
    this.#options = options
    this.#requests = requests
    this.#upgrades = upgrades
    this.#local = local
  }

  /** Resolves with the reply if it is sent, with undefined if the route is to answer. */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { method } = request
    const status = this.#statusForClient(request, reply) ?? this.#statusOf(request, reply)
    // The connection ends after a refused handshake or an unread body.
    const isUnread = hasBody(request) && (status !== undefined || method === 'GET' || method === 'HEAD')
    if (isUnread || asksForWebSocket(request)) reply.header('Connection', 'close')
    return status === undefined ? undefined : reply.code(status).send(reasonFor(status, request.host))
  }

  /** Returns the status of a request of a client that is refused; undefined for others. */
  #statusForClient(request: FastifyRequest, reply: FastifyReply): number | undefined {
    const { log, tally, visitors } = this.#options
    const { socket, routeOptions } = request
    const reason = visitors.get(socket)?.refused
    if (reason !== undefined) reply.header('Connection', 'close')
    if (reason !== undefined && !routeOptions.config?.probe) {
      logBounded(log, 'warn', { reason, address: socket.remoteAddress }, 'refused')
      tally.disconnect(reason)
      return statusOf(reason)
    }
    if (!this.#requests.isBanned(request)) return undefined
    reply.header('Connection', 'close')
    return 403
  }

  /** Returns the status of a request that its route must not or cannot answer; undefined for others. */
  #statusOf(request: FastifyRequest, reply: FastifyReply): number | undefined {
    const { origins } = this.#options
    if (!hasValidHost(request.raw) || !takeHostOfTarget(request.raw)) return 400
    const { is404, method, host, routeOptions } = request
    const changes = !SAFE_METHODS.has(method) || routeOptions.config?.changes === true
    if (changes && this.#requests.mayBeForeign(request)) return 403
    // The requested host must be a name of this machine.
    if (this.#local && host !== this.#ownHost) {
      if (isRebound(host, origins)) return 421
      this.#ownHost = host
    }
    const isPreflight = allowListed(request, reply, origins)
    if (is404 || this.#upgrades.isLost(request)) return 404
    if (isPreflight) return 204
    if (!isEncoded(request)) return undefined
    // RFC 9110, 15.5.16.
    reply.header('Accept-Encoding', 'identity')
    return 415
  }
}
