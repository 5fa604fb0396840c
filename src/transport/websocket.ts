import type { Socket } from 'node:net'
import { DISCONNECTS, type DisconnectReason } from './disconnect.ts'
import { FrameMeter } from './http/meter.ts'
import type { PatientWebSocket } from './http/patient.ts'
import type { Ending, Receiver, Transport } from './transport.ts'

/** RFC 6455, 7.4.1. */
const GOING_AWAY = 1001
const POLICY = 1008
const TOO_BIG = 1009
/** The registry of RFC 6455, 7.4.2: the server restarts, and the client is to connect again. */
const SERVICE_RESTART = 1012
/** The codes with which the library closes on input that it cannot read. */
const BROKEN = new Set([1002, 1006, 1007, TOO_BIG])

export interface Heartbeat {
  /** Time between pings, in ms. */
  readonly every: number
  /** Silence, in ms and longer than the time between pings, after which a client is taken for dead. */
  readonly silence: number
}

const HEARTBEAT: Heartbeat = { every: 30_000, silence: 60_000 }
/** Default of {@link WebSocketOptions.messageMs}. */
const MESSAGE_MS = 10_000

export interface WebSocketOptions {
  /** Bytes of a message; more closes with 1009. No more than the port's own bound counts. */
  readonly maxMessage: number
  /** Time in ms that a message may take to arrive; more closes with 1008. */
  readonly messageMs?: number
  readonly heartbeat?: Heartbeat
}

/** A connection over a WebSocket. Frames of text are written to the socket beneath it, made once by {@link textFrame}. */
export class WebSocketTransport implements Transport<string | Buffer> {
  readonly socket: Socket
  /** How long a client may take to answer a close frame. */
  readonly lingerMs = 2_000
  readonly #websocket: PatientWebSocket
  readonly #options: WebSocketOptions
  readonly #meter = new FrameMeter()
  /** Messages of this read that bring no unit. */
  #ignored = 0
  /** The payload of the newest ping that is not answered. */
  #ping: Buffer | undefined
  /** Runs while a message is arriving. */
  #arrival: NodeJS.Timeout | undefined

  constructor(websocket: PatientWebSocket, socket: Socket, options: WebSocketOptions) {
    this.#websocket = websocket
    this.socket = socket
    this.#options = options
  }

  get held(): number {
    return this.#meter.held
  }

  open(receiver: Receiver<string | Buffer>): void {
    const { maxMessage, heartbeat = HEARTBEAT } = this.#options
    const websocket = this.#websocket
    websocket.on('message', (data: Buffer, binary: boolean) => {
      if (receiver.deaf) return
      if (data.length > maxMessage) receiver.hangUp(TOO_BIG)
      else if (!receiver.receive(binary ? data : data.toString())) this.#ignored++
    })
    websocket.on('ping', (payload) => {
      this.#ping = payload
    })
    // A client that says good-bye, with whatever code, gets every answer first; one that breaks the rules does not.
    websocket.onclosing = (code) =>
      code === undefined || !BROKEN.has(code) ? receiver.ended(code) : receiver.hangUp(code)
    this.socket.on('data', (chunk: Buffer) => this.#measure(chunk, receiver))
    const timer = this.#beat(heartbeat, receiver)
    this.socket.on('close', () => {
      clearTimeout(this.#arrival)
      clearInterval(timer)
    })
  }

  pause(): void {
    if (!this.#websocket.isPaused) this.#websocket.pause()
  }

  resume(): void {
    if (this.#websocket.isPaused) this.#websocket.resume()
  }

  end({ reason, code, text }: Ending, sent: () => void): void {
    if (reason) this.#websocket.closeNow(codeOf(reason), DISCONNECTS[reason].text)
    else this.#websocket.closeNow(code, text)
    // The client's own close frame is still to be read.
    this.#websocket.resume()
    if (this.socket.writableNeedDrain) this.socket.once('drain', sent)
    else sent()
  }

  /** Pings a client, and drops one that has been silent for too long; looks as often as it takes to drop nobody late. */
  #beat({ every, silence }: Heartbeat, receiver: Receiver<string | Buffer>): NodeJS.Timeout {
    const { socket } = this
    const websocket = this.#websocket
    const stepMs = Math.min(every, silence - every)
    let bytes = 0
    let heardAt = Date.now()
    let askedAt = heardAt

    /** Returns whether the client has sent something since it was asked last, or, where it is not read, taken something. */
    const isAlive = () => {
      const { behind } = receiver
      const now = behind ? socket.bytesWritten - socket.writableLength : socket.bytesRead
      const same = now === bytes
      bytes = now
      return !same || (websocket.isPaused && !behind)
    }

    return setInterval(() => {
      const now = Date.now()
      if (isAlive()) heardAt = now
      // A sign of life is seen up to a step late; half a step is for timers that are.
      else if (now - heardAt >= silence - 1.5 * stepMs) {
        receiver.silent()
        return
      }
      if (now - askedAt < every - stepMs / 2) return
      askedAt = now
      if (websocket.readyState === websocket.OPEN) websocket.ping()
    }, stepMs).unref()
  }

  /** Counts the frames of a read that bring no unit, and bounds the time of a message that is arriving. */
  #measure(chunk: Buffer, receiver: Receiver<string | Buffer>): void {
    const { extra, rests } = this.#meter
    this.#meter.feed(chunk)
    if (receiver.deaf) return
    const frames = this.#meter.extra - extra + this.#ignored
    this.#ignored = 0
    const { rate, burst } = receiver.pace
    // They have been handled already, so to read on later cannot make up for more than a burst.
    if (rate > 0 && frames > burst) return void receiver.disconnect('frames-too-many')
    receiver.countExtra(frames)
    this.#pong()
    this.#timeMessage(this.#meter.rests > rests, receiver)
  }

  /** Answers the newest of the pings that one read brings (RFC 6455, 5.5.3). */
  #pong(): void {
    const payload = this.#ping
    this.#ping = undefined
    if (payload && this.#websocket.readyState === this.#websocket.OPEN) this.#websocket.pong(payload)
  }

  #timeMessage(begins: boolean, receiver: Receiver<string | Buffer>): void {
    if (!this.#meter.midway) {
      clearTimeout(this.#arrival)
      this.#arrival = undefined
    } else if (!this.#arrival) {
      this.#arrival = setTimeout(() => {
        // The rest may be there, but is not read now.
        if (this.#websocket.isPaused) this.#arrival?.refresh()
        else if (!receiver.deaf) receiver.disconnect('message-too-slow')
      }, this.#options.messageMs ?? MESSAGE_MS).unref()
    } else if (begins) {
      this.#arrival.refresh()
    }
  }
}

function codeOf(reason: DisconnectReason): number {
  if (reason === 'stopping') return GOING_AWAY
  if (reason === 'membership-lost') return SERVICE_RESTART
  return reason === 'frame-too-long' ? TOO_BIG : POLICY
}

/** Maximum number of bytes of a message: room for several lines of `maxLine` bytes, and for one too long that is answered so. */
export function maxMessageOf(maxLine: number): number {
  return Math.max(65_536, 4 * maxLine)
}

/** Text in one frame, for any number of receivers (RFC 6455, 5.2: whole, not masked, not compressed). */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = 0x81
  if (head === 2) {
    frame[1] = length
  } else if (head === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, head)
  return frame
}
