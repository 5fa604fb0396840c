import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Asker } from '../../chat/reader.ts'
import type { ClientAddress } from '../network.ts'
import { isForeign, mayBeForeign, type Sent } from './origin.ts'
import type { AppOptions } from './port.ts'

/** Tells from a request which client has sent it, and whose page. */
export class RequestClients {
  readonly #options: Pick<AppOptions, 'log' | 'admission' | 'origins'>

  constructor(options: Pick<AppOptions, 'log' | 'admission' | 'origins'>) {
    this.#options = options
  }

  /** The client's address, as the last proxy that is believed tells it. */
  clientOf({ ip, socket }: FastifyRequest): ClientAddress {
    return this.#options.admission.identify(isIP(ip) ? ip : (socket.remoteAddress ?? ''))
  }

  /** The address or network that limits count the client for. */
  addressOf(request: FastifyRequest): string {
    return this.clientOf(request).network
  }

  /** The client as it reads logs: until its connection is closed. */
  askerOf(request: FastifyRequest): Asker {
    const { socket } = request
    return {
      address: this.addressOf(request),
      get closed() {
        return socket.destroyed
      },
    }
  }

  /** Whether a page of another origin than the server's own and those listed has sent the request. */
  isForeign(request: FastifyRequest): boolean {
    return isForeign(sentOf(request), this.#options.origins)
  }

  /** The same of a handshake, which is then refused; that is logged. */
  isForeignHandshake(request: FastifyRequest): boolean {
    return this.#logged(request, this.isForeign(request))
  }

  /** Whether such a page may have sent a request that changes something, which is then refused; that is logged. */
  mayBeForeign(request: FastifyRequest): boolean {
    return this.#logged(request, mayBeForeign(sentOf(request), this.#options.origins))
  }

  #logged(request: FastifyRequest, foreign: boolean): boolean {
    if (!foreign) return false
    const { origin, 'sec-fetch-site': site } = request.headers
    this.#options.log.info({ origin, site, address: this.clientOf(request).full }, 'refused a page of another origin')
    return true
  }
}

function sentOf({ method, headers, host, protocol }: FastifyRequest): Sent {
  return { method, headers, host, protocol }
}
