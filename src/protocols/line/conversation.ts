import type { Logger } from 'pino'
import type { Answer, Command, CommandContext, ReplyBehindRecords, State } from '../../../commands/command.ts'
import { error } from '../../../commands/errors.ts'
import { commands } from '../../../commands/index.ts'
import { plainLine } from '../../../commands/message.ts'
import type { ErrorReply, History, Reply, ServerLine } from '../../../commands/replies.ts'
import { errorOf } from '../../../commands/wording.ts'
import type { Chat } from '../../chat/chat.ts'
import { NAME_RELEASE_MS } from '../../transport/connection-end.ts'
import type { ClientLink, Conversation } from '../../transport/conversation.ts'
import type { Unreadable } from '../../transport/framing.ts'
import type { PaceOptions } from '../../transport/rate.ts'
import { type Handled, Pipelined } from '../../transport/reply-queue.ts'
import { settledWithin } from '../../within.ts'
import type { Encode } from './json.ts'
import { Parser } from './parse.ts'
import { LineSession, type LineWire } from './wire.ts'

/** Characters of history in one write; the next one waits until the client has read it. */
const MAX_WRITE = 65_536

const parser = new Parser(commands, plainLine)

/** Options that all conversations of a port share. */
export interface LineConversationOptions {
  readonly chat: Chat
  readonly wire: LineWire
  readonly encode: Encode
  readonly log: Logger
  /** Bytes of a line, without its end. */
  readonly maxLine: number
}

/**
 * The conversation with one client over any transport. Enforces the columns of the command table. Each line has exactly one reply, in
 * the order of the lines.
 */
export class LineConversation implements CommandContext, Conversation<string | Unreadable> {
  readonly session: LineSession
  readonly commands = commands
  readonly #options: LineConversationOptions
  readonly #link: ClientLink
  /** True after the client has requested the end of the connection. */
  #quitting = false

  constructor(options: LineConversationOptions, link: ClientLink) {
    this.#options = options
    this.#link = link
    this.session = new LineSession(options.wire, link.outbox, link)
  }

  get chat(): Chat {
    return this.#options.chat
  }

  get maxLine(): number {
    return this.#options.maxLine
  }

  get name(): string {
    return this.session.name
  }

  get isBot(): boolean {
    return this.session.isBot
  }

  get pace(): PaceOptions {
    return this.#link.pace
  }

  get address(): string {
    return this.#link.address
  }

  async endSession(): Promise<void> {
    this.#quitting = true
    await settledWithin(this.chat.close(this.session), NAME_RELEASE_MS)
  }

  leave(): Promise<void> {
    return this.chat.close(this.session)
  }

  slowed(): void {
    this.#link.push(this.encode({ type: 'notice', notice: 'Slow down: your lines are read at the permitted rate' }))
  }

  handle(line: string | Unreadable): Handled {
    if (typeof line !== 'string') return this.#object(error(line.reason, this.#options.maxLine))
    const parsed = parser.parse(line)
    if ('unknown' in parsed) return this.#object(error('unknown-command', parsed.unknown))
    const { command, parameter } = parsed
    if (command.pipelined !== true && !this.#link.replies.settled) return 'again'
    const objection = this.#objection(command, parameter)
    return objection === undefined ? this.#run(command, parameter) : this.#object(objection)
  }

  encode(line: ServerLine): Buffer {
    return this.#options.wire.pack(this.#options.encode(line))
  }

  /** Checks a command in the order of docs/protocols/line.md, section 2.2. */
  #objection(command: Command, parameter: string): ErrorReply | undefined {
    return objectionTo[command.state](this.session) ?? missing(command, parameter)
  }

  /** Replies to an invalid line; retries it later if the reply would overtake the events of an earlier line. */
  #object(objection: ErrorReply): Handled {
    return this.#link.replies.announcing ? 'again' : this.encode(objection)
  }

  #run(command: Command, parameter: string): Handled {
    let answer: Answer
    try {
      answer = command.run(this, parameter)
    } catch (thrown) {
      answer = this.#errorOf(thrown, command, parameter)
    }
    if (Symbol.asyncIterator in answer) return this.#stream(answer, command, parameter)
    if (!(answer instanceof Promise)) return this.encode(answer)
    const failed = (thrown: unknown) => this.#bytesOf(this.#errorOf(thrown, command, parameter))
    if (!command.pipelined) return answer.then((known) => this.#bytesOf(known), failed)
    return new Pipelined(
      (done) =>
        void answer.then(
          (known) => done(this.#bytesOf(known)),
          (thrown: unknown) => done(failed(thrown)),
        ),
    )
  }

  #bytesOf(reply: Reply | ReplyBehindRecords): Buffer {
    if ('length' in reply) return this.#options.wire.pack(reply.map((line) => this.#options.encode(line)).join(''))
    // The connection ends after this reply.
    if (this.#quitting) this.#link.hangUp()
    return this.#options.wire.bytesOf(reply)
  }

  #errorOf(thrown: unknown, command: Command, parameter: string): Reply {
    const reply = errorOf(thrown, parameter)
    if (reply) return reply
    this.#options.log.error({ err: thrown, command: command.name }, 'command failed')
    return error('internal-error')
  }

  async #stream(
    pages: AsyncIterable<readonly (Reply | History)[]>,
    command: Command,
    parameter: string,
  ): Promise<Buffer | undefined> {
    const { encode, wire } = this.#options
    let begun = false
    try {
      for await (const page of pages) {
        begun = true
        let lines = ''
        for (const line of page) {
          lines += encode(line)
          if (lines.length < MAX_WRITE) continue
          this.#link.push(wire.pack(lines))
          await this.#link.drained()
          lines = ''
        }
        if (lines !== '') this.#link.push(wire.pack(lines))
        await this.#link.drained()
        if (this.session.closed) break
      }
      return undefined
    } catch (thrown) {
      const reply = this.encode(this.#errorOf(thrown, command, parameter))
      if (!begun) return reply
      this.#link.disconnect('unavailable')
      return undefined
    }
  }
}

const named = ({ name }: LineSession) => (name ? undefined : error('login-required'))

const objectionTo: Readonly<Record<State, (session: LineSession) => ErrorReply | undefined>> = {
  any: () => undefined,
  anonymous: ({ name }) => (name ? error('already-logged-in', name) : undefined),
  named,
  inRoom: (session) => named(session) ?? (session.membership ? undefined : error('not-in-room')),
}

function missing({ least }: Command, parameter: string): ErrorReply | undefined {
  if (least === 'none' || least === 0) return undefined
  const words = least === 1 ? Number(parameter !== '') : parameter.split(/[ \t]+/, least).length
  return words < least ? error('missing-parameter') : undefined
}
