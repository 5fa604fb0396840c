/** A client of a framed protocol. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { encodeFrame, FrameReader } from '../../src/transport/frames.ts'
import { trust } from './certificate.ts'
import type { Transport } from './client.ts'
import { Inbox } from './inbox.ts'

export type Frame = Record<string, unknown>

export class FrameClient {
  readonly socket: Socket
  /** Resolves when the connection is closed. */
  readonly closed: Promise<unknown>
  /** What came, as TLS or TCP has handed it out: over TLS each is one record. */
  readonly chunks: Buffer[] = []
  readonly #reader = new FrameReader(2 ** 24)
  readonly #frames = new Inbox<Frame>()

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk)
      this.#reader.feed(chunk)
      for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
        this.#frames.push(JSON.parse(next.toString()))
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => this.#frames.end())
  }

  static async connect(port: number, transport: Transport, localAddress?: string): Promise<FrameClient> {
    const host = '127.0.0.1'
    const from = localAddress === undefined ? {} : { localAddress }
    const socket =
      transport === 'TCP' ? connectTcp({ host, port, ...from }) : connectTls({ host, port, ...from, ...trust() })
    const client = new FrameClient(socket.setNoDelay())
    await once(socket, transport === 'TCP' ? 'connect' : 'secureConnect')
    return client
  }

  /** Sends objects as frames, in one piece. */
  send(...frames: Frame[]): void {
    this.socket.write(Buffer.concat(frames.map((frame) => encodeFrame(JSON.stringify(frame)))))
  }

  /** The next frame. */
  next(): Promise<Frame> {
    return this.#frames.next()
  }

  take(count: number): Promise<Frame[]> {
    return this.#frames.take(count)
  }

  /** The frames up to the first that fits, this one included. */
  until(fits: (frame: Frame) => boolean): Promise<Frame[]> {
    return this.#frames.until(fits)
  }

  ask(frame: Frame): Promise<Frame> {
    this.send(frame)
    return this.next()
  }

  /** How many frames are there now. */
  get waiting(): number {
    return this.#frames.waiting
  }

  /** What has come and was not taken. */
  now(): Frame[] {
    return this.#frames.now()
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<Frame[]> {
    await this.closed
    return this.#frames.now()
  }
}
