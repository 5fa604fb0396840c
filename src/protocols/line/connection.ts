import type { Socket } from 'node:net'
import split2 from 'split2'
import { Connection, type ConnectionOptions } from '../connection.ts'
import type { ClientAddress } from '../network.ts'
import { decodeLine } from './bytes.ts'
import { LineCap } from './cap.ts'
import { Conversation, type ConversationOptions, type Reader } from './conversation.ts'

export interface LineOptions extends ConnectionOptions, ConversationOptions {
  /** Bytes of a line, without its end. */
  readonly maxLine: number
}

/** The line protocol on a byte stream. */
export class LineConnection extends Connection implements Reader {
  readonly #options: LineOptions
  readonly #conversation: Conversation
  readonly #lines = split2('\n', { decodeStrings: false })
  readonly #cap: LineCap
  /** A line that was read and not taken yet. */
  #held: string | undefined

  constructor(socket: Socket, options: LineOptions, address: ClientAddress) {
    super(socket, options, address)
    this.#options = options
    // Room for CR LF beside the longest line, so that one character more shows.
    this.#cap = new LineCap(options.maxLine + 2)
    this.#conversation = new Conversation(options, this.outbox, this)
    this.#read()
  }

  broken(): void {
    this.disconnect('unavailable')
  }

  protected override get name(): string {
    return this.#conversation.session.name
  }

  protected override get quiet(): boolean {
    return this.#conversation.quiet
  }

  protected override retry(): boolean {
    if (this.#held !== undefined && this.#conversation.hear(this.#understand(this.#held))) this.#held = undefined
    return this.#held === undefined
  }

  protected override pause(): void {
    this.#lines.pause()
  }

  protected override resume(): boolean {
    // A stream that has ended stays paused if it was.
    if (this.#lines.readableEnded || !this.#lines.isPaused()) return false
    this.#lines.resume()
    return true
  }

  protected override left(): Promise<void> {
    return this.#options.chat.close(this.#conversation.session)
  }

  protected override slowed(): void {
    this.#conversation.say({ type: 'notice', notice: 'Slow down: your lines are read at the permitted rate' })
  }

  #read(): void {
    const { socket } = this
    const lines = this.#lines
    // Bytes as characters: line lengths are bytes, and what is not UTF-8 can still be told.
    socket.on('data', (chunk) => {
      if (!lines.write(this.#cap.cut(chunk.toString('latin1')))) socket.pause()
    })
    lines.on('drain', () => socket.resume())
    socket.on('end', () => lines.end())
    lines.on('data', (line: string) => this.#line(line))
    lines.on('end', () => this.end())
    socket.on('close', () => lines.destroy())
  }

  #line(line: string): void {
    if (this.deaf) return
    this.count()
    if (!this.#conversation.hear(this.#understand(line))) this.#held = line
    this.checkLogin()
    if (this.#held !== undefined || this.mustWait) this.wait()
  }

  #understand(line: string): string | { wrong: string } {
    const { maxLine } = this.#options
    if (line.length - Number(line.endsWith('\r')) > maxLine) return { wrong: 'Line too long' }
    return decodeLine(line) ?? { wrong: 'Invalid UTF-8' }
  }
}
