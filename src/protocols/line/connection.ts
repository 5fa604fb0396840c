import type { Socket } from 'node:net'
import split2 from 'split2'
import { error } from '../../../commands/errors.ts'
import type { ErrorReply } from '../../../commands/replies.ts'
import { Connection, type ConnectionOptions } from '../connection.ts'
import { readBehindFirstBytes } from '../first-bytes.ts'
import type { ClientAddress } from '../network.ts'
import { decodeLine } from './bytes.ts'
import { LineCap, TOO_LONG } from './cap.ts'
import { Conversation, type ConversationOptions, type Reader } from './conversation.ts'
import { LineEnds } from './ends.ts'
import { Telnet, type TelnetAnswers } from './telnet.ts'

/** Of UTF-8, its bytes as characters. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf'

export interface LineOptions extends ConnectionOptions, ConversationOptions {
  /** Bytes of a line, without its end. */
  readonly maxLine: number
}

/** The line protocol on a byte stream. */
export class LineConnection extends Connection implements Reader, TelnetAnswers {
  readonly #options: LineOptions
  readonly #conversation: Conversation
  readonly #lines = split2('\n', { decodeStrings: false })
  readonly #cap: LineCap
  readonly #ends = new LineEnds()
  readonly #telnet = new Telnet(this)
  /** Whether a line has come. */
  #begun = false
  /** A line that was read and not taken yet. */
  #held: string | undefined

  constructor(socket: Socket, options: LineOptions, address: ClientAddress) {
    super(socket, options, address)
    this.#options = options
    this.#cap = new LineCap(options.maxLine)
    this.#conversation = new Conversation(options, this.outbox, this)
    this.#read()
  }

  broken(): void {
    this.disconnect('unavailable')
  }

  negotiate(bytes: Buffer): void {
    this.outbox.push(bytes)
  }

  areYouThere(): void {
    this.#conversation.say({ type: 'notice', notice: 'Yes, roomd is here' })
  }

  protected override get name(): string {
    return this.#conversation.session.name
  }

  protected override get unfinished(): number {
    return this.#lines.readableLength + this.#lines.writableLength + this.#conversation.unanswered
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
    const read = (chunk: Buffer) => {
      if (!lines.write(this.#cap.cut(this.#typed(chunk.toString('latin1'))))) socket.pause()
    }
    readBehindFirstBytes(socket, read, (stranger) => this.refuse(stranger))
    lines.on('drain', () => socket.resume())
    socket.on('end', () => lines.end(this.#cap.rest()))
    lines.on('data', (line: string) => this.#line(this.#begun ? line : this.#first(line)))
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

  /** The first line may begin with a byte order mark, which is not part of it. */
  #first(line: string): string {
    this.#begun = true
    return line.startsWith(BYTE_ORDER_MARK) ? line.slice(BYTE_ORDER_MARK.length) : line
  }

  /** A chunk without what telnet has put into it, its lines ended by LF or CR LF. */
  #typed(chunk: string): string {
    const text = this.#telnet.take(chunk)
    if (this.#telnet.spoken) this.#ends.speakTelnet()
    return this.#ends.take(text)
  }

  #understand(line: string): string | ErrorReply {
    if (line === TOO_LONG) return error('line-too-long', this.#options.maxLine)
    return decodeLine(line) ?? error('invalid-utf8')
  }
}
