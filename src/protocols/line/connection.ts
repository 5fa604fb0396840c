import type { Socket } from 'node:net'
import split2 from 'split2'
import { error } from '../../../commands/errors.ts'
import type { ErrorReply } from '../../../commands/replies.ts'
import { turnEnd } from '../../turn.ts'
import { Connection, type ConnectionOptions } from '../connection.ts'
import { readBehindFirstBytes } from '../first-bytes.ts'
import { keepReading } from '../keep-reading.ts'
import type { ClientAddress } from '../network.ts'
import { ReadAhead } from './ahead.ts'
import { decodeLine } from './bytes.ts'
import { TOO_LONG } from './cap.ts'
import { Conversation, type ConversationOptions, type Reader } from './conversation.ts'
import { LineInput } from './input.ts'
import { StallWatch } from './stall.ts'
import type { TelnetAnswers } from './telnet.ts'

/** How long a client that has more to say may take none of its replies, in ms. */
const STALL_MS = 10_000

export interface LineOptions extends ConnectionOptions, ConversationOptions {
  /** ms after which a client that takes none of its replies is heard without any. */
  readonly stallMs?: number
}

/** The line protocol on a byte stream. */
export class LineConnection extends Connection implements Reader, TelnetAnswers {
  readonly #options: LineOptions
  readonly #conversation: Conversation
  readonly #lines = split2('\n', { decodeStrings: false })
  readonly #input: LineInput
  readonly #ahead: ReadAhead
  #stall: StallWatch | undefined
  /** A line that was read and not taken yet. */
  #held: string | undefined

  constructor(socket: Socket, options: LineOptions, address: ClientAddress) {
    super(socket, options, address)
    const lines = this.#lines
    this.#options = options
    this.#conversation = new Conversation(options, this.outbox, this)
    this.#input = new LineInput(options.maxLine, this)
    this.#ahead = new ReadAhead(
      socket,
      (chunk) => lines.write(this.#input.take(chunk)),
      () => lines.end(this.#input.rest()),
    )
    this.#read()
  }

  /** A client that has said more than was heard is heard to the end of that, without being answered any more. */
  override overflowed(): void {
    if (this.#ahead.waiting || this.#held !== undefined) {
      this.noteDisconnect('reader-too-slow')
      this.#endReplies()
      this.#ahead.finish()
    } else {
      super.overflowed()
    }
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
    const { readableLength, writableLength } = this.#lines
    return this.#ahead.bytes + this.#input.held + readableLength + writableLength + this.#conversation.unanswered
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

  protected override wait(): void {
    super.wait()
    if (!this.behind) return
    this.#stall ??= new StallWatch(this.socket, this.#options.stallMs ?? STALL_MS, () => this.#stalled())
    this.#stall.start(() => this.behind && !this.deaf)
  }

  protected override resume(): boolean {
    // A stream that has ended stays paused if it was.
    if (this.#lines.readableEnded || !this.#lines.isPaused()) return false
    this.#lines.resume()
    return true
  }

  /** What has been read is still heard: a client that only sends closes its side right behind its last line. */
  protected override closed(): void {
    this.#ahead.finish()
  }

  protected override left(): Promise<void> {
    this.#ahead.clear()
    this.#lines.destroy()
    return this.#options.chat.close(this.#conversation.session)
  }

  protected override slowed(): void {
    this.#conversation.say({ type: 'notice', notice: 'Slow down: your lines are read at the permitted rate' })
  }

  #read(): void {
    const { socket } = this
    const lines = this.#lines
    const ahead = this.#ahead
    keepReading(socket)
    const read = (chunk: Buffer) => ahead.read(chunk)
    readBehindFirstBytes(socket, read, (stranger) => this.refuse(stranger))
    socket.on('end', () => ahead.finish())
    lines.on('drain', () => ahead.pump())
    lines.on('data', (line: string) => this.#line(line))
    lines.on('end', () => this.end())
  }

  #line(line: string): void {
    if (this.deaf) return
    this.count()
    if (!this.#conversation.hear(this.#understand(line))) this.#held = line
    this.checkLogin()
    if (this.#held !== undefined || this.mustWait) this.wait()
  }

  #understand(line: string): string | ErrorReply {
    if (line === TOO_LONG) return error('line-too-long', this.#options.maxLine)
    return decodeLine(line) ?? error('invalid-utf8')
  }

  #stalled(): void {
    this.#options.log.info({ name: this.name, address: this.address }, 'reads nothing; heard without replies')
    this.#endReplies()
  }

  /** From now on the client is heard only. What it may still read ends with the reason. */
  #endReplies(): void {
    this.outbox.end(this.#options.lastWord('reader-too-slow'))
    // A history that waits for the client goes on: an ending stream would not say so any more.
    this.socket.emit('drain')
    void turnEnd().then(() => this.ready())
  }
}
