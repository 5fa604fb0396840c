import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { arrival } from '../../turn.ts'
import type { Admission } from '../admission.ts'
import { DISCONNECTS } from '../disconnect.ts'
import type { Address, Protocol } from '../protocol.ts'
import { type ConnectionOptions, LineConnection } from './connection.ts'

/** Certificate and key, PEM. */
export interface TlsFiles {
  readonly cert: Buffer
  readonly key: Buffer
}

/** How long a TLS handshake may take, in ms. */
const HANDSHAKE_MS = 10_000
/** How often a dead peer is looked for, in ms. */
const KEEP_ALIVE_MS = 60_000

/** The line protocol over TCP, or over TLS when given a certificate (protocols/line.md). */
export class LineProtocol implements Protocol {
  readonly name: string
  readonly #options: ConnectionOptions
  readonly #admission: Admission
  readonly #server: Server
  readonly #connections = new Map<Socket, LineConnection>()
  /** TCP sockets beneath TLS, also those whose handshake is not done. */
  readonly #beneath = new Set<Socket>()

  constructor(options: ConnectionOptions, admission: Admission, tls?: TlsFiles) {
    this.name = tls ? 'line-tls' : 'line'
    this.#options = options
    this.#admission = admission
    const tcp = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, allowHalfOpen: true }
    if (tls) {
      this.#server = createTlsServer({ ...tcp, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS })
      this.#server.on('secureConnection', (socket: Socket) => this.#welcome(socket))
      this.#server.on('connection', (socket: Socket) => {
        this.#beneath.add(socket)
        socket.on('close', () => this.#beneath.delete(socket))
      })
      this.#server.on('tlsClientError', (error, socket) => {
        options.log.debug({ err: error }, 'TLS handshake failed')
        socket.destroy()
      })
    } else {
      this.#server = createServer(tcp)
      this.#server.on('connection', (socket: Socket) => this.#welcome(socket))
    }
    this.#server.on('connection', arrival)
  }

  async listen(host: string, port: number): Promise<Address> {
    this.#server.listen({ host, port, backlog: 1024 })
    await once(this.#server, 'listening')
    // A listening TCP server's address is neither a path nor null.
    const { address, port: bound } = this.#server.address() as AddressInfo
    return { host: address, port: bound }
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const connection of this.#connections.values()) connection.stop()
    await closed
  }

  abort(): void {
    for (const socket of this.#beneath) socket.destroy()
    for (const socket of this.#connections.keys()) socket.destroy()
  }

  #welcome(socket: Socket): void {
    const address = socket.remoteAddress
    // Gone before it was looked at.
    if (address === undefined) return void socket.destroy()
    const refused = this.#admission.refuse(address)
    if (refused) {
      const { text, reconnect } = DISCONNECTS[refused]
      this.#options.log.warn({ reason: refused, address }, 'refused')
      socket.on('error', () => {})
      socket.end(this.#options.encode({ type: 'error', error: text, reconnect }))
      setTimeout(() => socket.destroy(), 1_000).unref()
      return
    }
    this.#options.log.debug({ address }, 'connected')
    socket.on('close', () => {
      this.#admission.leave(address)
      this.#connections.delete(socket)
      this.#options.log.debug({ address }, 'closed')
    })
    this.#connections.set(socket, new LineConnection(socket, this.#options))
  }
}
