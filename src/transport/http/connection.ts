import { Connection, type ConnectionOptions } from '../connection.ts'
import { DISCONNECTS, type DisconnectReason } from '../disconnect.ts'
import { FrameOutbox } from './frame.ts'
import { type Heartbeat, watchHeartbeat } from './heartbeat.ts'
import { FrameMeter } from './meter.ts'
import type { PatientWebSocket } from './patient.ts'
import type { Visit } from './routes.ts'

/** How long a client may take to answer a close frame, in ms. */
const GOODBYE_MS = 2_000

/** RFC 6455, 7.4.1. */
const NORMAL = 1000
const GOING_AWAY = 1001
const POLICY = 1008
const TOO_BIG = 1009
/** The registry that RFC 6455, 7.4.2 opened: the server restarts, and the client is to connect again. */
const SERVICE_RESTART = 1012
/** With these the library closes on what it cannot read. */
const BROKEN = new Set([1002, 1006, 1007, TOO_BIG])

export type { Heartbeat }

const HEARTBEAT: Heartbeat = { every: 30_000, silence: 60_000 }
/** How long a message may take to arrive, in ms. */
const MESSAGE_MS = 10_000

export interface SocketOptions extends ConnectionOptions {
  /** Bytes of a message; more closes with 1009. No more than the port's own bound counts. */
  readonly maxMessage: number
  /** ms that a message may take to arrive; more closes with 1008. */
  readonly messageMs?: number
  readonly heartbeat?: Heartbeat
}

/**
 * A client on a WebSocket. Frames of text go out through `outbox`, made once by `textFrame` for everybody who gets them; what
 * comes in is cut into pieces (lines, or the messages as they are), which are taken one by one.
 */
export abstract class SocketConnection<Piece> extends Connection {
  readonly #options: SocketOptions
  readonly #websocket: PatientWebSocket
  /** Read and not taken, oldest first; those before `#taken` are. At most what one read has brought. */
  #inbox: Piece[] = []
  #taken = 0
  /** Bytes of the message that these were read from. */
  #messageBytes = 0
  /** Counted, and not taken when it was offered. */
  #held: Piece | undefined
  #ending: { readonly code: number | undefined; readonly text: string } = { code: NORMAL, text: '' }
  readonly #meter = new FrameMeter()
  /** Messages of this read that bring nothing to take. */
  #ignored = 0
  /** The payload of the newest ping that is not answered. */
  #ping: Buffer | undefined
  /** Runs while a message is arriving. */
  #arrival: NodeJS.Timeout | undefined

  constructor({ websocket, socket, address }: Visit, options: SocketOptions) {
    super(socket, options, address, FrameOutbox)
    this.#options = options
    this.#websocket = websocket
    websocket.on('message', (data: Buffer, binary: boolean) => this.#read(data, binary))
    websocket.on('ping', (payload) => {
      this.#ping = payload
    })
    websocket.onclosing = (code) => this.#asked(code)
    socket.on('data', (chunk: Buffer) => this.#measure(chunk)).on('close', () => clearTimeout(this.#arrival))
    watchHeartbeat(websocket, socket, options.heartbeat ?? HEARTBEAT, {
      isBehind: () => this.behind,
      drop: () => {
        options.log.info({ name: this.name, address: this.fullAddress }, 'silent for too long')
        socket.destroy()
      },
    })
  }

  /** Bytes of messages that were read, in part or whole, and not taken yet. */
  protected get inboxBytes(): number {
    return (this.#inbox.length > 0 ? this.#messageBytes : 0) + this.#meter.held
  }

  /** What a message holds; a text, or the bytes of a binary message. */
  protected abstract cut(message: string | Buffer): readonly Piece[]
  /** Takes one piece. False when it must wait: it is offered again when `ready` is called. */
  protected abstract take(piece: Piece): boolean

  /** Nothing more is heard; the connection closes with this code once everything queued has left. */
  override hangUp(code: number | undefined = NORMAL, text = ''): void {
    this.#ending = { code, text }
    super.hangUp()
  }

  protected override retry(): boolean {
    if (this.#held !== undefined && this.take(this.#held)) {
      this.#held = undefined
      this.checkLogin()
    }
    return this.#held === undefined
  }

  protected override pause(): void {
    if (!this.#websocket.isPaused) this.#websocket.pause()
  }

  protected override resume(): boolean {
    while (!this.deaf) {
      const piece = this.#next()
      if (piece === undefined) {
        if (this.#websocket.isPaused) this.#websocket.resume()
        return false
      }
      this.count()
      if (!this.take(piece)) this.#held = piece
      this.checkLogin()
      if (this.#held === undefined && !this.mustWait) continue
      if (!this.deaf) this.wait()
      return true
    }
    return true
  }

  protected override conclude(reason: DisconnectReason | undefined, sent: () => void): void {
    const { code, text } = reason ? { code: codeOf(reason), text: DISCONNECTS[reason].text } : this.#ending
    this.outbox.end(reason && this.#options.lastWord(reason))
    this.#websocket.closeNow(code, text)
    // The client's own close frame is still to be read.
    this.#websocket.resume()
    void this.outbox.drained().then(sent)
  }

  protected override get linger(): number {
    return GOODBYE_MS
  }

  #read(data: Buffer, binary: boolean): void {
    if (this.deaf) return
    if (data.length > this.#options.maxMessage) {
      this.hangUp(TOO_BIG)
    } else {
      this.#messageBytes = data.length
      const pieces = this.cut(binary ? data : data.toString())
      for (const piece of pieces) this.#inbox.push(piece)
      // Each piece is counted when it is taken.
      if (pieces.length === 0) this.#ignored++
      this.ready()
    }
  }

  /** Counts the frames of a read that bring nothing to take, and bounds the time of one that is arriving. */
  #measure(chunk: Buffer): void {
    const { extra, rests } = this.#meter
    this.#meter.feed(chunk)
    if (this.deaf) return
    const frames = this.#meter.extra - extra + this.#ignored
    this.#ignored = 0
    const { rate, burst } = this.#options.pace
    // They have been handled already, so to read on later cannot make up for more than a burst.
    if (rate > 0 && frames > burst) {
      this.disconnect('frames-too-many')
      return
    }
    if (frames > 0) this.countPieces(frames)
    this.#pong()
    if (this.mustWait) this.wait()
    this.#timeMessage(this.#meter.rests > rests)
  }

  /** Of the pings that one read brings, the newest is answered (RFC 6455, 5.5.3). */
  #pong(): void {
    const payload = this.#ping
    this.#ping = undefined
    if (payload && this.#websocket.readyState === this.#websocket.OPEN) this.#websocket.pong(payload)
  }

  #timeMessage(begins: boolean): void {
    if (!this.#meter.midway) {
      clearTimeout(this.#arrival)
      this.#arrival = undefined
    } else if (!this.#arrival) {
      this.#arrival = setTimeout(() => this.#overdue(), this.#options.messageMs ?? MESSAGE_MS).unref()
    } else if (begins) {
      this.#arrival.refresh()
    }
  }

  #overdue(): void {
    // The rest may be there, but is not read now.
    if (this.#websocket.isPaused) this.#arrival?.refresh()
    else if (!this.deaf) this.disconnect('message-too-slow')
  }

  #next(): Piece | undefined {
    const piece = this.#inbox[this.#taken++]
    if (piece === undefined) {
      this.#inbox = []
      this.#taken = 0
    }
    return piece
  }

  /** Whoever says good-bye, with whatever code, gets every answer first; who breaks the rules does not. */
  #asked(code: number | undefined): void {
    if (code === undefined || !BROKEN.has(code)) {
      this.#ending = { code, text: '' }
      this.end()
    } else {
      this.hangUp(code)
    }
  }
}

function codeOf(reason: DisconnectReason): number {
  if (reason === 'stopping') return GOING_AWAY
  if (reason === 'membership-lost') return SERVICE_RESTART
  return reason === 'frame-too-long' ? TOO_BIG : POLICY
}
