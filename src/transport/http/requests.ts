import type { FastifyRequest } from 'fastify'
import type { Asker } from '../../chat/work-turns.ts'
import { logBounded } from '../bounded-log.ts'
import { bareAddress, type ClientAddress } from '../network.ts'
import type { AppOptions } from './options.ts'
import { isForeign, mayBeForeign } from './origin.ts'

type Options = Pick<AppOptions, 'log' | 'admission' | 'origins' | 'proxies' | 'visitors'>

/** Identifies the client and the origin of a request. */
export class RequestClients {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  /** Returns the client's address; behind a trusted proxy, the one that the proxy reports. */
  clientOf({ ip, socket }: FastifyRequest): ClientAddress {
    const { remoteAddress = '' } = socket
    return this.#options.admission.identify(ip === remoteAddress ? ip : (bareAddress(ip) ?? remoteAddress))
  }

  /** Returns the address or network that limits count the client for. */
  addressOf(request: FastifyRequest): string {
    return this.clientOf(request).network
  }

  isBanned(request: FastifyRequest): boolean {
    return this.#options.admission.banOf(this.clientOf(request).full) !== undefined
  }

  /**
   * Counts a client behind a trusted proxy by its own address, until its connection is closed: for requests whose connection the client
   * keeps. Resolves with true if the client exceeds the limit.
   */
  async exceedsLimit(request: FastifyRequest): Promise<boolean> {
    const { log, admission, proxies } = this.#options
    const { socket } = request
    if (!proxies.has(socket.remoteAddress ?? '')) return false
    const { full, network } = this.clientOf(request)
    const enter = () => (socket.destroyed ? 'too-many-connections' : admission.refuseClient(network))
    const refused = enter()
    const reason = refused && (await admission.retry(enter, refused))
    if (reason) logBounded(log, 'warn', { reason, address: full }, 'refused')
    else socket.once('close', () => admission.leaveClient(network))
    return reason !== undefined
  }

  /** Returns the client as a reader of logs, until its connection is closed. */
  askerOf(request: FastifyRequest): Asker {
    const { socket } = request
    return {
      address: this.addressOf(request),
      get closed() {
        return socket.destroyed
      },
    }
  }

  /** Returns true if a page of a foreign origin has sent the request. */
  isForeign(request: FastifyRequest): boolean {
    return isForeign(request, this.#options.origins)
  }

  /** Returns true, and logs the refusal, if a page of a foreign origin has sent the handshake. */
  isForeignHandshake(request: FastifyRequest): boolean {
    return this.#logged(request, this.isForeign(request))
  }

  /** Returns true, and logs the refusal, if a page of a foreign origin may have sent a request with side effects. */
  mayBeForeign(request: FastifyRequest): boolean {
    return this.#logged(request, mayBeForeign(request, this.#options.origins))
  }

  /** Lets the body of a request arrive without a limit of time. `stop` is called when the server stops. */
  letLast({ socket }: FastifyRequest, stop: () => void): void {
    socket.setTimeout(0)
    this.#options.visitors.get(socket)?.letLast(stop)
  }

  #logged(request: FastifyRequest, foreign: boolean): boolean {
    if (!foreign) return false
    const { origin, 'sec-fetch-site': site } = request.headers
    const { full: address } = this.clientOf(request)
    logBounded(this.#options.log, 'info', { origin, site, address }, 'refused a page of another origin')
    return true
  }
}
