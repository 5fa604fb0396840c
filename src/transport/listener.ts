import cluster from 'node:cluster'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls'
import type { Logger } from 'pino'
import { acceptQueueEmptied } from './accept-queue.ts'
import type { Admission, BanOf } from './admission.ts'
import { logBounded } from './bounded-log.ts'
import { leavePort } from './cluster-port.ts'
import { deadPeers } from './dead-peers.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { MemoryHolder } from './memory.ts'
import { type ClientAddress, isLoopback } from './network.ts'
import type { Address, Certificate, Port } from './port.ts'
import type { Tally, Traffic } from './tally.ts'
import { TlsHandshakes } from './tls-handshakes.ts'

/** Maximum time of a TLS handshake. */
const HANDSHAKE_MS = 10_000
/**
 * Idle time before TCP keep-alive probes. Node.js sends ten of them, one a second, so that a peer that vanishes while the
 * connection is idle is detected after 50 s; {@link deadPeers} detects the others.
 */
const KEEP_ALIVE_MS = 40_000
/** Maximum time in which a refused client reads the reason. */
const REFUSAL_MS = 1_000

export interface ListenerOptions {
  /** Name in the log and in metrics. */
  readonly name: string
  readonly log: Logger
  readonly admission: Admission
  readonly tally: Tally
  /** The certificate for TLS; undefined for plain TCP. */
  readonly certificate?: Certificate | undefined
  /** Returns true for the address of a trusted proxy, whose connections count in total only. */
  readonly isProxy?: (address: string) => boolean
  /** Returns the bytes for a refused client. */
  readonly lastWord: (reason: DisconnectReason, why?: string) => Buffer
  /** Takes over an admitted connection; `refused` is set if it exceeds the limits and is one of the {@link spare}. */
  readonly welcome: (socket: Socket, address: ClientAddress, refused?: DisconnectReason) => Client
  /** Number of connections from this machine that are admitted beyond the limits. */
  readonly spare?: number
  /** Called before the port listens. */
  readonly open?: (host: string) => Promise<void>
  /** Called when the port has stopped. */
  readonly close?: () => Promise<void>
}

/** An admitted connection. */
export interface Client extends MemoryHolder {
  /** Ends the connection after the replies to its requests and a notice. */
  stop(): void
  /** Ends the connection when the daemon stops, unless it may be a probe. */
  drain?(): void
  /** Ends the connection if its client's address is banned. */
  expel(banOf: BanOf): void
  /** Bytes of queued output. */
  readonly queued: number
  /** Bytes of output that the socket has not counted. */
  readonly bypassed: number
  /** Resolves when no further input is handled, which may be after the close of the socket; undefined if it is not. */
  readonly over?: Promise<void>
}

/** A port on TCP or TLS: admits connections, and counts them until they are closed. */
export class ListeningPort implements Port {
  readonly name: string
  readonly answersProbes: boolean
  readonly #options: ListenerOptions
  readonly #server: Server
  readonly #connections = new Map<Socket, Client>()
  readonly #handshakes: TlsHandshakes
  /** Connections admitted beyond the limits. */
  #spare = 0
  /** Connections accepted ever, with or without a completed TLS handshake. */
  #accepted = 0
  #opened = 0
  /** Bytes of closed connections. */
  #received = 0
  #sent = 0
  #stopping = false
  #draining = false
  readonly #aborted = Promise.withResolvers<void>()

  constructor(options: ListenerOptions) {
    this.name = options.name
    this.answersProbes = (options.spare ?? 0) > 0
    this.#options = options
    this.#handshakes = new TlsHandshakes(options.admission)
    const tcp = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, allowHalfOpen: true }
    if (options.certificate) {
      this.#server = createTlsServer({ ...tcp, ...contextOf(options.certificate), handshakeTimeout: HANDSHAKE_MS })
      // The TLS socket inherits this: a client that ends during its handshake is closed at once.
      this.#server.prependListener('connection', (socket: Socket) => {
        socket.allowHalfOpen = false
      })
      this.#server.on('secureConnection', (socket: Socket) => {
        socket.allowHalfOpen = true
        this.#admit(socket)
      })
      this.#server.on('connection', (socket: Socket) => this.#admitHandshake(socket))
      this.#server.on('tlsClientError', (error, socket) => {
        options.log.debug({ err: error }, 'TLS handshake failed')
        socket.destroy()
      })
    } else {
      this.#server = createServer(tcp)
      this.#server.on('connection', (socket: Socket) => this.#admit(socket))
    }
    this.#server.on('connection', () => {
      this.#accepted++
    })
  }

  async listen(host: string, port: number): Promise<Address> {
    await this.#options.open?.(host)
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
    for (const [socket, { queued, bypassed }] of this.#connections) {
      traffic.received += socket.bytesRead
      traffic.sent += socket.bytesWritten + bypassed
      traffic.queued += queued
    }
    return traffic
  }

  get holders(): Iterable<MemoryHolder> {
    return this.#connections.values()
  }

  expel(banOf: BanOf): void {
    for (const connection of this.#connections.values()) connection.expel(banOf)
  }

  drain(): void {
    this.#draining = true
    for (const connection of this.#connections.values()) connection.drain?.()
  }

  async stop(acceptsLast = true): Promise<void> {
    this.#stopping = true
    for (const connection of this.#connections.values()) connection.stop()
    if (acceptsLast && this.#server.listening) {
      const emptied = cluster.isWorker ? leavePort : acceptQueueEmptied
      await Promise.race([emptied(this.#server, () => this.#accepted), this.#aborted.promise])
    }
    const closed = new Promise((resolve) => this.#server.close(resolve))
    const settled = this.#handshakes.expire(() => this.#endHandshakes())
    await closed
    settled()
    await this.#options.close?.()
  }

  abort(): void {
    this.#aborted.resolve()
    this.#handshakes.abort()
    for (const socket of this.#connections.keys()) socket.destroy()
  }

  /** Limits the connections in their TLS handshake. */
  #admitHandshake(socket: Socket): void {
    if (socket.remoteAddress === undefined) return void socket.destroy()
    this.#handshakes.admit(socket, this.#counted(this.#options.admission.identify(socket.remoteAddress)))
  }

  /** The address or network that limits count a connection for; undefined for a proxy. */
  #counted({ full, network }: ClientAddress): string | undefined {
    return this.#options.isProxy?.(full) ? undefined : network
  }

  /** Aborts pending handshakes of a stopping server whose other connections are closed. */
  #endHandshakes(): void {
    if (this.#connections.size === 0) this.#handshakes.abortExpired()
  }

  #admit(socket: Socket): void {
    const { admission } = this.#options
    // The connection is closed already.
    if (socket.remoteAddress === undefined) return void socket.destroy()
    const address = admission.identify(socket.remoteAddress)
    const counted = this.#counted(address)
    const ban = counted === undefined ? undefined : admission.banOf(address.full)
    if (ban) {
      socket.on('error', () => {}).pause()
      this.#refuse(socket, address, 'address-banned', ban.why)
      return
    }
    // Each end of a connection retries all that wait: those of a full address then cost no system call.
    const waits = () => socket.destroyed || (counted !== undefined && admission.isFull(counted))
    const enter = () => (waits() ? refused : admission.refuse(counted))
    const refused = admission.refuse(counted)
    if (refused === undefined) {
      this.#welcome(socket, address, counted)
      return
    }
    // The socket has no other listener yet.
    const ignore = () => {}
    socket.on('error', ignore).pause()
    // Out of file descriptors, the connection must free its own at once.
    const retried = refused === 'unavailable' ? Promise.resolve(refused) : admission.retry(enter, refused)
    void retried.then((still) => {
      if (socket.destroyed) return
      const { spare = 0 } = this.#options
      if (still && (this.#spare >= spare || !isLoopback(address.full))) return this.#refuse(socket, address, still)
      socket.off('error', ignore).resume()
      this.#welcome(socket, address, counted, still)
    })
  }

  #refuse(socket: Socket, { full }: ClientAddress, reason: DisconnectReason, why?: string): void {
    const { tally, log, lastWord } = this.#options
    // A banned client may try again and again.
    logBounded(log, reason === 'address-banned' ? 'info' : 'warn', { reason, address: full }, 'refused')
    tally.disconnect(reason)
    socket.end(lastWord(reason, why), () => reason === 'unavailable' && socket.destroy())
    setTimeout(() => socket.destroy(), REFUSAL_MS).unref()
  }

  /** Takes over a connection that {@link Admission} has counted, or one of {@link ListenerOptions.spare} with the reason of its refusal. */
  #welcome(socket: Socket, client: ClientAddress, counted: string | undefined, refused?: DisconnectReason): void {
    const { admission, log, tally, welcome } = this.#options
    const { full: address } = client
    if (refused) this.#spare++
    log.debug({ address }, 'connected')
    deadPeers.watch(socket, () => {
      log.info({ address }, 'dead peer: it acknowledges no data, or has reset the connection')
      tally.disconnect('peer-vanished')
      socket.destroy()
    })
    socket.on('close', () => log.debug({ address }, 'closed'))
    this.#opened++
    const connection = welcome(socket, client, refused)
    socket.on('close', async () => {
      // A client that only sends counts until its lines are said.
      await connection.over
      if (refused) this.#spare--
      else admission.leave(counted)
      this.#connections.delete(socket)
      this.#received += socket.bytesRead
      this.#sent += socket.bytesWritten + connection.bypassed
      this.#endHandshakes()
    })
    this.#connections.set(socket, connection)
    if (this.#draining) connection.drain?.()
    // The TLS handshake took until after the stop.
    if (this.#stopping) connection.stop()
  }
}

function contextOf({ cert, key }: Certificate) {
  return { cert, key, minVersion: 'TLSv1.2' } as const
}
