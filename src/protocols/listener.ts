import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls'
import type { Logger } from 'pino'
import { arrival } from '../turn.ts'
import type { Admission } from './admission.ts'
import { deadPeers } from './dead-peers.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { ClientAddress } from './network.ts'
import type { Address, Certificate, Protocol } from './protocol.ts'
import type { Tally, Traffic } from './tally.ts'

/** How long a TLS handshake may take, in ms. */
const HANDSHAKE_MS = 10_000
/**
 * Silence before keep-alive probes are sent, in ms. The runtime sends ten of them, one a second, so that a peer that has
 * vanished while nothing was under way to it is found after 50 s; {@link deadPeers} finds the others.
 */
const KEEP_ALIVE_MS = 40_000
/** How long a client that is refused has to read why, in ms. */
const REFUSAL_MS = 1_000

export interface ListenerOptions {
  /** As in the start-up line. */
  readonly name: string
  readonly log: Logger
  readonly admission: Admission
  readonly tally: Tally
  /** TLS with this one; plain TCP without. */
  readonly certificate: Certificate | undefined
  /** Which addresses are proxies': through them anybody may come, so their connections count among all only. */
  readonly isProxy?: (address: string) => boolean
  /** What a client is told that is not let in, as bytes. */
  readonly lastWord: (reason: DisconnectReason) => Buffer
  /** Takes over a client that is let in. */
  readonly welcome: (socket: Socket, address: ClientAddress) => Client
}

/** What a listener knows of whom it has let in. */
export interface Client {
  /** Ends it when it has its answers and a notice. */
  stop(): void
  /** Bytes that wait for it. */
  readonly queued: number
}

/** A protocol on TCP or TLS: lets connections in and keeps count of them until they are gone. */
export class Listener implements Protocol {
  readonly name: string
  readonly #options: ListenerOptions
  readonly #server: Server
  readonly #connections = new Map<Socket, Client>()
  /** TCP sockets beneath TLS, also those whose handshake is not done. */
  readonly #beneath = new Set<Socket>()
  /** Counts those. */
  readonly #handshakes: Admission
  #opened = 0
  /** Bytes of connections that are gone. */
  #received = 0
  #sent = 0
  #stopping = false

  constructor(options: ListenerOptions) {
    this.name = options.name
    this.#options = options
    this.#handshakes = options.admission.wider()
    const tcp = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, allowHalfOpen: true }
    if (options.certificate) {
      this.#server = createTlsServer({ ...tcp, ...contextOf(options.certificate), handshakeTimeout: HANDSHAKE_MS })
      this.#server.on('secureConnection', (socket: Socket) => this.#admit(socket))
      this.#server.on('connection', (socket: Socket) => this.#letShakeHands(socket))
      this.#server.on('tlsClientError', (error, socket) => {
        options.log.debug({ err: error }, 'TLS handshake failed')
        socket.destroy()
      })
    } else {
      this.#server = createServer(tcp)
      this.#server.on('connection', (socket: Socket) => this.#admit(socket))
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

  setCertificate(certificate: Certificate): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(contextOf(certificate))
  }

  get traffic(): Traffic {
    const traffic = {
      open: this.#connections.size,
      opened: this.#opened,
      received: this.#received,
      sent: this.#sent,
      queued: 0,
    }
    for (const [socket, { queued }] of this.#connections) {
      traffic.received += socket.bytesRead
      traffic.sent += socket.bytesWritten
      traffic.queued += queued
    }
    return traffic
  }

  async stop(): Promise<void> {
    this.#stopping = true
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const connection of this.#connections.values()) connection.stop()
    this.#endHandshakes()
    await closed
  }

  abort(): void {
    for (const socket of this.#beneath) socket.destroy()
    for (const socket of this.#connections.keys()) socket.destroy()
  }

  /** Connections that are no client yet, and may never be, are bounded too. */
  #letShakeHands(socket: Socket): void {
    if (socket.remoteAddress === undefined) return void socket.destroy()
    const counted = this.#counted(this.#options.admission.identify(socket.remoteAddress))
    if (this.#handshakes.refuse(counted)) return void socket.destroy()
    this.#beneath.add(socket)
    socket.on('close', () => {
      this.#beneath.delete(socket)
      this.#handshakes.leave(counted)
    })
  }

  /** What a connection counts for among those of its address. */
  #counted({ full, network }: ClientAddress): string | undefined {
    return this.#options.isProxy?.(full) ? undefined : network
  }

  /** When the server stops and every client is gone, what is left has not finished its handshake, and may never do so. */
  #endHandshakes(): void {
    if (!this.#stopping || this.#connections.size > 0) return
    for (const socket of this.#beneath) socket.destroy()
  }

  #admit(socket: Socket): void {
    const { admission } = this.#options
    // Gone before it was looked at.
    if (socket.remoteAddress === undefined) return void socket.destroy()
    const address = admission.identify(socket.remoteAddress)
    const counted = this.#counted(address)
    const enter = () => (socket.destroyed ? refused : admission.refuse(counted))
    const refused = admission.refuse(counted)
    if (refused === undefined) {
      this.#welcome(socket, address, counted)
      return
    }
    // Its errors and its end are not heard by anybody yet.
    const ignore = () => {}
    socket.on('error', ignore).pause()
    void admission.retry(enter, refused).then((still) => {
      if (socket.destroyed) return
      if (still) return this.#refuse(socket, address, still)
      socket.off('error', ignore).resume()
      this.#welcome(socket, address, counted)
    })
  }

  #refuse(socket: Socket, { full }: ClientAddress, reason: DisconnectReason): void {
    const { tally, log, lastWord } = this.#options
    log.warn({ reason, address: full }, 'refused')
    tally.disconnect(reason)
    socket.end(lastWord(reason))
    setTimeout(() => socket.destroy(), REFUSAL_MS).unref()
  }

  /** Takes over a connection that {@link Admission} has counted. */
  #welcome(socket: Socket, client: ClientAddress, counted: string | undefined): void {
    const { admission, log, tally, welcome } = this.#options
    const { full: address } = client
    log.debug({ address }, 'connected')
    deadPeers.watch(socket, () => {
      log.info({ address }, 'peer does not acknowledge what was sent to it')
      tally.disconnect('peer-vanished')
      socket.destroy()
    })
    socket.on('close', () => {
      admission.leave(counted)
      this.#connections.delete(socket)
      this.#received += socket.bytesRead
      this.#sent += socket.bytesWritten
      log.debug({ address }, 'closed')
      this.#endHandshakes()
    })
    this.#opened++
    const connection = welcome(socket, client)
    this.#connections.set(socket, connection)
    // Its handshake took until now.
    if (this.#stopping) connection.stop()
  }
}

function contextOf({ cert, key }: Certificate) {
  return { cert, key, minVersion: 'TLSv1.2' } as const
}
