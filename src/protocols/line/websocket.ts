import { error } from '../../../commands/errors.ts'
import type { ErrorReply } from '../../../commands/replies.ts'
import { SocketConnection, type SocketOptions } from '../../transport/http/connection.ts'
import { textFrame } from '../../transport/http/frame.ts'
import type { Routes, Visit } from '../../transport/http/routes.ts'
import { showLine } from '../../transport/lines/bytes.ts'
import type { LineOptions } from './connection.ts'
import { Conversation, type Reader } from './conversation.ts'
import { LineWire, lastLine } from './wire.ts'

/** A line, or the error for one that cannot be read. */
type Line = string | ErrorReply

type LineSocketOptions = LineOptions & SocketOptions

/** The line protocol over WebSocket, at /line: lines as messages of text. */
export function lineRoutes(line: LineOptions): Routes {
  // A line feed stands between the objects of a message, not behind them.
  const pack = (lines: string) => textFrame(lines.slice(0, -1))
  const options: LineSocketOptions = {
    ...line,
    wire: new LineWire(line.encode, pack),
    lastWord: lastLine(line.encode, pack),
    maxMessage: maxMessageOf(line.maxLine),
  }
  return (app, { openSocket }) => {
    openSocket(app, '/line', { welcome: (visit) => new LineSocket(visit, options) })
  }
}

/** Bytes of a message: room for several lines, and for one too long that is answered so. */
export function maxMessageOf(maxLine: number): number {
  return Math.max(65_536, 4 * maxLine)
}

class LineSocket extends SocketConnection<Line> implements Reader {
  readonly #options: LineSocketOptions
  readonly #conversation: Conversation
  /** Whether a message of text has come: the first may begin with a byte order mark, which is not part of it. */
  #begun = false

  constructor(visit: Visit, options: LineSocketOptions) {
    super(visit, options)
    this.#options = options
    this.#conversation = new Conversation(options, this.outbox, this)
  }

  broken(): void {
    this.disconnect('unavailable')
  }

  protected override get name(): string {
    return this.#conversation.session.name
  }

  protected override get unfinished(): number {
    return this.#conversation.unanswered + this.inboxBytes
  }

  protected override get quiet(): boolean {
    return this.#conversation.quiet
  }

  protected override cut(message: string | Buffer): readonly Line[] {
    if (typeof message !== 'string') return [error('binary-message')]
    const lines = (this.#begun ? message : message.replace(/^\ufeff/, '')).split('\n')
    this.#begun = true
    if (lines.length > 1 && lines.at(-1) === '') lines.pop()
    return lines.map((line) => this.#understand(line))
  }

  protected override take(line: Line): boolean {
    return this.#conversation.hear(line)
  }

  protected override left(): Promise<void> {
    return this.#options.chat.close(this.#conversation.session)
  }

  protected override slowed(): void {
    this.#conversation.say({ type: 'notice', notice: 'Slow down: your lines are read at the permitted rate' })
  }

  #understand(text: string): Line {
    const line = showLine(text.endsWith('\r') ? text.slice(0, -1) : text)
    const { maxLine } = this.#options
    return Buffer.byteLength(line) > maxLine ? error('line-too-long', maxLine) : line
  }
}
