import type { Socket } from 'node:net'
import { Connection, type ConnectionOptions } from '../connection.ts'
import { DISCONNECTS, type DisconnectReason } from '../disconnect.ts'
import { FrameOutbox } from './frame.ts'
import type { PatientWebSocket } from './patient.ts'
import type { Visit } from './routes.ts'

/** How long a client may take to answer a close frame, in ms. */
const GOODBYE_MS = 2_000

/** RFC 6455, 7.4.1. */
const NORMAL = 1000
const GOING_AWAY = 1001
const POLICY = 1008
const TOO_BIG = 1009
/** With these the library closes on what it cannot read. */
const BROKEN = new Set([1002, 1006, 1007, TOO_BIG])

export interface Heartbeat {
  /** ms between pings. */
  readonly every: number
  /** ms of silence, more than between pings, within which a client is taken for dead. */
  readonly silence: number
}

const HEARTBEAT: Heartbeat = { every: 30_000, silence: 60_000 }

export interface SocketOptions extends ConnectionOptions {
  /** Bytes of a message; more closes with 1009. No more than the port's own bound counts. */
  readonly maxMessage: number
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
  /** Counted, and not taken when it was offered. */
  #held: Piece | undefined
  #ending: { readonly code: number | undefined; readonly text: string } = { code: NORMAL, text: '' }
  #heard = 0
  #heardAt = Date.now()

  constructor({ websocket, socket, address }: Visit, options: SocketOptions) {
    super(socket, options, address, FrameOutbox)
    this.#options = options
    this.#websocket = websocket
    websocket.on('message', (data: Buffer, binary: boolean) => this.#read(data, binary))
    websocket.onclosing = (code) => this.#asked(code)
    this.#watch(socket, options.heartbeat ?? HEARTBEAT)
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
      for (const piece of this.cut(binary ? data : data.toString())) this.#inbox.push(piece)
      this.ready()
    }
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

  /** Looks as often as it takes to drop nobody late, and asks as often as it was told to. */
  #watch(socket: Socket, { every, silence }: Heartbeat): void {
    const step = Math.min(every, silence - every)
    let asked = this.#heardAt
    const timer = setInterval(() => {
      const now = Date.now()
      if (this.#alive()) this.#heardAt = now
      // A sign of life is seen up to a step late; half a step is for timers that are.
      else if (now - this.#heardAt >= silence - 1.5 * step) return this.#drop(socket)
      if (now - asked < every - step / 2) return
      asked = now
      if (this.#websocket.readyState === this.#websocket.OPEN) this.#websocket.ping()
    }, step).unref()
    socket.on('close', () => clearInterval(timer))
  }

  /** Whether the client has sent something since it was asked last, or, where it is not read, taken something. */
  #alive(): boolean {
    const { behind, socket } = this
    const heard = behind ? socket.bytesWritten - socket.writableLength : socket.bytesRead
    const same = heard === this.#heard
    this.#heard = heard
    return !same || (this.#websocket.isPaused && !behind)
  }

  #drop(socket: Socket): void {
    this.#options.log.info({ name: this.name, address: this.fullAddress }, 'silent for too long')
    socket.destroy()
  }
}

function codeOf(reason: DisconnectReason): number {
  if (reason === 'stopping') return GOING_AWAY
  return reason === 'frame-too-long' ? TOO_BIG : POLICY
}
