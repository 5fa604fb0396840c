import type { Socket } from 'node:net'
import { CLOSE_CODES } from './close-codes.ts'
import { type DisconnectReason, disconnectText } from './disconnect.ts'
import { FrameMeter } from './http/meter.ts'
import type { PatientWebSocket } from './http/patient.ts'
import type { Ending, Receiver, Transport } from './transport.ts'

/** Maximum bytes of the reason in a close frame (RFC 6455, 5.5). */
const MAX_REASON = 123
/** Codes with which the library closes a connection on invalid input. */
const BROKEN = new Set([1002, 1006, 1007, CLOSE_CODES.tooBig])

export interface Heartbeat {
  /** Time between pings. */
  readonly everyMs: number
  /** Time without input after which a client is disconnected; longer than `everyMs`. */
  readonly silenceMs: number
}

const HEARTBEAT: Heartbeat = { everyMs: 30_000, silenceMs: 60_000 }
/** See {@link Transport.lingerMs}. */
export const WEBSOCKET_LINGER_MS = 2_000
/** Default of {@link WebSocketOptions.messageMs}. */
const MESSAGE_MS = 10_000

export interface WebSocketOptions {
  /** Maximum bytes of a message; a longer one closes with 1009. Takes effect below the limit of the HTTP port only. */
  readonly maxMessage: number
  /** Maximum time in which a message arrives; a slower one closes with 1008. */
  readonly messageMs?: number
  readonly heartbeat?: Heartbeat
}

/** A connection over a WebSocket. Output is written to the socket of the WebSocket, as frames made by {@link textFrame}. */
export class WebSocketTransport implements Transport<string | Buffer> {
  readonly socket: Socket
  readonly lingerMs = WEBSOCKET_LINGER_MS
  readonly #websocket: PatientWebSocket
  readonly #options: WebSocketOptions
  readonly #meter = new FrameMeter()
  /** Messages of the current read without a unit of input. */
  #ignored = 0
  /** The payload of the last ping without a pong. */
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
      if (receiver.isClosing) return
      if (data.length > maxMessage) receiver.hangUp(CLOSE_CODES.tooBig)
      else if (!receiver.receive(binary ? data : data.toString())) this.#ignored++
    })
    websocket.on('ping', (payload) => {
      this.#ping = payload
    })
    // A client that closes gets all replies first, with any code but those of invalid input.
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

  end({ reason, why, code, text }: Ending, sent: () => void): void {
    if (reason) this.#websocket.closeNow(codeOf(reason), closeReason(disconnectText(reason, why)))
    else this.#websocket.closeNow(code, text)
    // Reads the close frame of the client.
    this.#websocket.resume()
    if (this.socket.writableNeedDrain) this.socket.once('drain', sent)
    else sent()
  }

  /** Sends pings, and disconnects a client without input for `silenceMs`. */
  #beat({ everyMs, silenceMs }: Heartbeat, receiver: Receiver<string | Buffer>): NodeJS.Timeout {
    const { socket } = this
    const websocket = this.#websocket
    const stepMs = Math.min(everyMs, silenceMs - everyMs)
    let bytes = 0
    let inputAt = performance.now()
    let pingAt = inputAt

    /** Returns true if input has arrived since the last call or, while input is paused, if output has left. */
    const isAlive = () => {
      const { isBehind } = receiver
      const now = isBehind ? receiver.written : socket.bytesRead
      const same = now === bytes
      bytes = now
      return !same || (websocket.isPaused && !isBehind)
    }

    return setInterval(() => {
      const now = performance.now()
      if (isAlive()) inputAt = now
      // Input is detected up to one step late, and timers fire up to half a step late.
      else if (now - inputAt >= silenceMs - 1.5 * stepMs) {
        receiver.silent()
        return
      }
      if (now - pingAt < everyMs - stepMs / 2) return
      pingAt = now
      if (websocket.readyState === websocket.OPEN) websocket.ping()
    }, stepMs).unref()
  }

  /** Counts the frames of a read without a unit of input against the rate, and limits the time in which a message arrives. */
  #measure(chunk: Buffer, receiver: Receiver<string | Buffer>): void {
    const { extra, rests } = this.#meter
    this.#meter.feed(chunk)
    if (receiver.isClosing) return
    const frames = this.#meter.extra - extra + this.#ignored
    this.#ignored = 0
    const { rate, burst } = receiver.pacing.full
    // These frames are handled already: pausing reads cannot compensate for more than a burst.
    if (rate > 0 && frames > burst) return void receiver.disconnect('frames-too-many')
    receiver.countExtra(frames)
    this.#pong()
    this.#timeMessage(this.#meter.rests > rests, receiver)
  }

  /** Sends one pong for all pings of a read (RFC 6455, 5.5.3). */
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
        // The rest of the message may have arrived, but reads are paused.
        if (this.#websocket.isPaused) this.#arrival?.refresh()
        else if (!receiver.isClosing) receiver.disconnect('message-too-slow')
      }, this.#options.messageMs ?? MESSAGE_MS).unref()
    } else if (begins) {
      this.#arrival.refresh()
    }
  }
}

/** Cuts a text to the size that a close frame allows (RFC 6455, 5.5). */
function closeReason(text: string): string {
  // A character that is cut is left out.
  return new TextDecoder().decode(Buffer.from(text).subarray(0, MAX_REASON), { stream: true })
}

function codeOf(reason: DisconnectReason): number {
  if (reason === 'stopping') return CLOSE_CODES.goingAway
  if (reason === 'membership-lost') return CLOSE_CODES.serviceRestart
  return reason === 'frame-too-long' ? CLOSE_CODES.tooBig : CLOSE_CODES.policy
}

/** Maximum bytes of a message for lines of `maxLine` bytes: several lines, or a longer one that is answered with an error. */
export function maxMessageOf(maxLine: number): number {
  return Math.max(65_536, 4 * maxLine)
}

/** Encodes a text message as one frame (RFC 6455, 5.2: final, not masked, not compressed). */
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

/** Encodes a binary message as one frame. */
export function binaryFrame(text: string): Buffer {
  const frame = textFrame(text)
  frame[0] = 0x82
  return frame
}
