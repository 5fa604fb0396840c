import cluster from 'node:cluster'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as nextRound } from 'node:timers/promises'
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls'
import type { Logger } from 'pino'
import type { Admission } from './admission.ts'
import { connectionAccepted } from './coalesce.ts'
import { deadPeers } from './dead-peers.ts'
import type { DisconnectReason } from './disconnect.ts'
import type { MemoryHolder } from './memory.ts'
import type { ClientAddress } from './network.ts'
import type { Address, Certificate, Port } from './port.ts'
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
/** How long a listener that stops goes on accepting what waits in the kernel's queue, at most, in ms. */
const LAST_CALL_MS = 2_000
/** A round of the event loop in which hardly anybody can have come behind the look at the queue, in ms. */
const SHORT_ROUND_MS = 0.1
/** Rounds without a connection after which the queue is taken for empty, and how many of them a short one is worth. */
const QUIET_ROUNDS = 100
const SHORT_ROUND = 50
/** How long TLS handshakes that are under way when a listener stops may take, in ms, and how long one may take to begin. */
const LAST_HANDSHAKES_MS = 2_000
const LAST_HELLO_MS = 500

export interface ListenerOptions {
  /** Name in the log and in metrics. */
  readonly name: string
  readonly log: Logger
  readonly admission: Admission
  readonly tally: Tally
  /** The certificate for TLS; plain TCP without. */
  readonly certificate?: Certificate | undefined
  /** Tells the addresses of proxies: clients of any address come through them, so their connections count among all only. */
  readonly isProxy?: (address: string) => boolean
  /** The bytes for a client that is not let in. */
  readonly lastWord: (reason: DisconnectReason) => Buffer
  /** Takes over a client that is let in; `refused` is set for one beyond the bounds, as one of the {@link spare}. */
  readonly welcome: (socket: Socket, address: ClientAddress, refused?: DisconnectReason) => Client
  /** Connections from this machine that are let in beyond the bounds. */
  readonly spare?: number
  /** Called before the port listens, and when it has stopped. */
  readonly open?: (host: string) => Promise<void>
  readonly close?: () => Promise<void>
}

/** A connection as its listener sees it. */
export interface Client extends MemoryHolder {
  /** Ends it when it has its answers and a notice. */
  stop(): void
  /** Ends it when the daemon stops, unless it may still ask how the daemon is. */
  drain?(): void
  /** Bytes that wait for it. */
  readonly queued: number
}

/** A port on TCP or TLS: lets connections in and keeps count of them until they are gone. */
export class ListeningPort implements Port {
  readonly name: string
  readonly answersProbes: boolean
  readonly #options: ListenerOptions
  readonly #server: Server
  readonly #connections = new Map<Socket, Client>()
  /** TCP sockets beneath TLS, also those whose handshake is not done. */
  readonly #beneath = new Set<Socket>()
  /** Counts those. */
  readonly #handshakes: Admission
  /** Connections beyond the bounds. */
  #spare = 0
  /** Connections accepted, before their TLS handshake. */
  #accepted = 0
  #opened = 0
  /** Bytes of connections that are gone. */
  #received = 0
  #sent = 0
  #stopping = false
  /** Whether handshakes that are not done when everything else is gone are waited for. */
  #patient = true

  #draining = false

  constructor(options: ListenerOptions) {
    this.name = options.name
    this.answersProbes = (options.spare ?? 0) > 0
    this.#options = options
    this.#handshakes = options.admission.wider()
    const tcp = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, allowHalfOpen: true }
    if (options.certificate) {
      this.#server = createTlsServer({ ...tcp, ...contextOf(options.certificate), handshakeTimeout: HANDSHAKE_MS })
      // The TLS socket inherits this: a client that ends before its handshake is done is closed at once.
      this.#server.prependListener('connection', (socket: Socket) => {
        socket.allowHalfOpen = false
      })
      this.#server.on('secureConnection', (socket: Socket) => {
        socket.allowHalfOpen = true
        this.#admit(socket)
      })
      this.#server.on('connection', (socket: Socket) => this.#letShakeHands(socket))
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
      connectionAccepted()
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
    for (const [socket, { queued }] of this.#connections) {
      traffic.received += socket.bytesRead
      traffic.sent += socket.bytesWritten
      traffic.queued += queued
    }
    return traffic
  }

  get holders(): Iterable<MemoryHolder> {
    return this.#connections.values()
  }

  drain(): void {
    this.#draining = true
    for (const connection of this.#connections.values()) connection.drain?.()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    for (const connection of this.#connections.values()) connection.stop()
    await this.#emptyQueue()
    const closed = new Promise((resolve) => this.#server.close(resolve))
    const timers = [
      setTimeout(() => {
        for (const socket of this.#beneath) if (socket.bytesRead === 0) socket.destroy()
      }, LAST_HELLO_MS).unref(),
      setTimeout(() => {
        this.#patient = false
        this.#endHandshakes()
      }, LAST_HANDSHAKES_MS).unref(),
    ]
    await closed
    for (const timer of timers) clearTimeout(timer)
    await this.#options.close?.()
  }

  abort(): void {
    for (const socket of this.#beneath) socket.destroy()
    for (const socket of this.#connections.keys()) socket.destroy()
  }

  /**
   * Accepts the connections that wait in the kernel's queue, which it would reset with the socket: their clients are told that
   * the server stops. In a cluster the socket is the primary process's, and what waits goes to other workers.
   */
  async #emptyQueue(): Promise<void> {
    if (cluster.isWorker || !this.#server.listening) return
    const started = performance.now()
    // The runtime takes one connection each time round, and in the first round it may not have looked yet.
    for (let [quiet, now] = [0, started]; quiet < QUIET_ROUNDS && now - started < LAST_CALL_MS; ) {
      const [accepted, before] = [this.#accepted, now]
      await nextRound()
      now = performance.now()
      // In a round that took long others may have come.
      if (this.#accepted !== accepted) quiet = 0
      else quiet += now - before < SHORT_ROUND_MS ? SHORT_ROUND : 1
    }
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

  /** The address or network that a connection counts for; undefined for a proxy's. */
  #counted({ full, network }: ClientAddress): string | undefined {
    return this.#options.isProxy?.(full) ? undefined : network
  }

  /** When the server stops and every client is gone, what is left has not finished its handshake, and may never do so. */
  #endHandshakes(): void {
    if (!this.#stopping || this.#patient || this.#connections.size > 0) return
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
    // Where there are no file descriptors it must not keep its own.
    const retried = refused === 'unavailable' ? Promise.resolve(refused) : admission.retry(enter, refused)
    void retried.then((still) => {
      if (socket.destroyed) return
      const { spare = 0 } = this.#options
      if (still && (this.#spare >= spare || !isLoopback(address.full))) return this.#refuse(socket, address, still)
      socket.off('error', ignore).resume()
      this.#welcome(socket, address, counted, still)
    })
  }

  #refuse(socket: Socket, { full }: ClientAddress, reason: DisconnectReason): void {
    const { tally, log, lastWord } = this.#options
    log.warn({ reason, address: full }, 'refused')
    tally.disconnect(reason)
    socket.end(lastWord(reason), () => reason === 'unavailable' && socket.destroy())
    setTimeout(() => socket.destroy(), REFUSAL_MS).unref()
  }

  /** Takes over a connection that {@link Admission} has counted, or one of the {@link ListenerOptions.spare} that it has `refused`. */
  #welcome(socket: Socket, client: ClientAddress, counted: string | undefined, refused?: DisconnectReason): void {
    const { admission, log, tally, welcome } = this.#options
    const { full: address } = client
    if (refused) this.#spare++
    log.debug({ address }, 'connected')
    deadPeers.watch(socket, () => {
      log.info({ address }, 'peer does not acknowledge what was sent to it, or has reset the connection')
      tally.disconnect('peer-vanished')
      socket.destroy()
    })
    socket.on('close', () => {
      if (refused) this.#spare--
      else admission.leave(counted)
      this.#connections.delete(socket)
      this.#received += socket.bytesRead
      this.#sent += socket.bytesWritten
      log.debug({ address }, 'closed')
      this.#endHandshakes()
    })
    this.#opened++
    const connection = welcome(socket, client, refused)
    this.#connections.set(socket, connection)
    if (this.#draining) connection.drain?.()
    // Its handshake took until now.
    if (this.#stopping) connection.stop()
  }
}

/** Whether an address is one of this machine's own that no other machine can have. */
function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

function contextOf({ cert, key }: Certificate) {
  return { cert, key, minVersion: 'TLSv1.2' } as const
}
