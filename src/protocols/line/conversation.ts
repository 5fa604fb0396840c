import type { Logger } from 'pino'
import type { Answer, Command, CommandContext, State } from '../../../commands/command.ts'
import { error } from '../../../commands/errors.ts'
import { commands } from '../../../commands/index.ts'
import { message } from '../../../commands/message.ts'
import type { ErrorReply, History, Reply, ServerLine } from '../../../commands/replies.ts'
import { errorOf } from '../../../commands/wording.ts'
import type { Chat } from '../../chat/chat.ts'
import { atTurnEnd } from '../../turn.ts'
import { settledWithin } from '../../within.ts'
import { FREE_MS, type Link } from '../connection.ts'
import type { Queue } from '../outbox.ts'
import type { Encode } from './json.ts'
import { Parser } from './parse.ts'
import { Pipeline, type Place } from './pipeline.ts'
import { LineSession, type LineWire } from './wire.ts'

/** Characters of history that are encoded at a time: what comes next waits until they have left. */
const PIECE = 65_536

const parser = new Parser(commands, message)

/** What all conversations of a listener share. */
export interface ConversationOptions {
  readonly chat: Chat
  readonly wire: LineWire
  readonly encode: Encode
  readonly log: Logger
  /** Bytes of a line, without its end. */
  readonly maxLine: number
}

/** Who reads the lines. */
export interface Reader extends Pick<Link, 'address' | 'mayBeEnding' | 'disconnect'> {
  /** A line that was not taken may be offered again; or everything is answered. */
  ready(): void
  /** A reply has broken off: the connection ends, saying so. */
  broken(): void
  /** Said by /quit: nothing more is heard, and the connection ends once everything queued for it has left. */
  hangUp(): void
}

/**
 * One client's talk, whatever carries its lines: the only place that reads the command table and enforces what it says.
 * Every line gets exactly one reply, in the order of the lines.
 */
export class Conversation implements CommandContext {
  readonly session: LineSession
  readonly commands = commands
  readonly #options: ConversationOptions
  readonly #outbox: Queue
  readonly #reader: Reader
  readonly #pipeline: Pipeline
  /** A command that may change what the next line means is not done yet. */
  #exclusive = false
  #announcing = false
  /** The client has asked for the end of the connection. */
  #quitting = false

  constructor(options: ConversationOptions, outbox: Queue, reader: Reader) {
    this.#options = options
    this.#outbox = outbox
    this.#reader = reader
    this.#pipeline = new Pipeline(outbox)
    this.session = new LineSession(options.wire, outbox, reader)
  }

  get chat(): Chat {
    return this.#options.chat
  }

  get maxLine(): number {
    return this.#options.maxLine
  }

  get address(): string {
    return this.#reader.address
  }

  async endSession(): Promise<void> {
    this.#quitting = true
    await settledWithin(this.chat.close(this.session), FREE_MS)
  }

  /** Bytes, roughly, of lines that are not answered yet. */
  get unanswered(): number {
    return this.#pipeline.weight
  }

  /** Whether every line heard has had its whole answer. */
  get quiet(): boolean {
    return this.#pipeline.empty && !this.#exclusive
  }

  /**
   * Takes one line, or the error for a line that cannot be read. False when it must wait until earlier ones are
   * answered: offer it again when `ready` has been called.
   */
  hear(line: string | ErrorReply): boolean {
    if (this.#exclusive || this.#pipeline.full) return false
    if (typeof line !== 'string') return this.#object(line)
    const parsed = parser.parse(line)
    if ('unknown' in parsed) return this.#object(error('unknown-command', parsed.unknown))
    const { command, parameter } = parsed
    if (!command.pipelined && !this.#settled) return false
    const objection = this.#objection(command, parameter)
    if (objection !== undefined) return this.#object(objection)
    this.#run(command, parameter)
    return true
  }

  /** Whether every line has had its reply, and the events that came with it. */
  get #settled(): boolean {
    return this.#pipeline.empty && !this.#announcing
  }

  /** Says something that is not the answer to a line. */
  say(line: ServerLine): void {
    this.#outbox.push(this.encode(line))
  }

  encode(line: ServerLine): Buffer {
    return this.#options.wire.pack(this.#options.encode(line))
  }

  /** Called at the end of the turn in which something was answered. */
  resume(): void {
    this.#announcing = false
    this.#reader.ready()
  }

  /** In the order of docs/protocols/line.md, section 2.2. */
  #objection(command: Command, parameter: string): ErrorReply | undefined {
    return objectionTo[command.state](this.session) ?? missing(command, parameter)
  }

  #run(command: Command, parameter: string): void {
    const fail = (thrown: unknown): Reply => {
      const reply = errorOf(thrown, parameter)
      if (reply) return reply
      this.#options.log.error({ err: thrown, command: command.name }, 'a command failed')
      return error('internal-error')
    }
    let answer: Answer
    try {
      answer = command.run(this, parameter)
    } catch (thrown) {
      answer = fail(thrown)
    }
    if (Symbol.asyncIterator in answer) {
      this.#exclusive = true
      void this.#stream(answer, fail)
    } else if (answer instanceof Promise) {
      this.#exclusive = !command.pipelined
      const place = this.#pipeline.reserve(parameter.length)
      answer.then(
        (reply) => this.#fill(place, reply),
        (thrown: unknown) => this.#fill(place, fail(thrown)),
      )
    } else {
      this.#pipeline.push(this.encode(answer))
    }
  }

  async #stream(pages: AsyncIterable<readonly (Reply | History)[]>, fail: (thrown: unknown) => Reply): Promise<void> {
    const { encode, wire } = this.#options
    let begun = false
    try {
      for await (const page of pages) {
        begun = true
        let lines = ''
        for (const line of page) {
          lines += encode(line)
          if (lines.length < PIECE) continue
          this.#outbox.push(wire.pack(lines))
          await this.#outbox.drained()
          lines = ''
        }
        if (lines !== '') this.#outbox.push(wire.pack(lines))
        await this.#outbox.drained()
        if (this.session.closed) break
      }
    } catch (thrown) {
      const reply = this.encode(fail(thrown))
      if (begun) return this.#reader.broken()
      this.#outbox.push(reply)
    }
    this.#exclusive = false
    this.#announce()
  }

  /** Answers a line that is not carried out. False when that would overtake the events of an earlier line. */
  #object(objection: ErrorReply): boolean {
    if (this.#pipeline.empty && this.#announcing) return false
    this.#pipeline.push(this.encode(objection))
    return true
  }

  #fill(place: Place, reply: Reply): void {
    this.#pipeline.fill(place, this.#options.wire.bytesOf(reply))
    this.#exclusive = false
    if (this.#quitting) this.#reader.hangUp()
    else this.#announce()
  }

  /** At the end of the turn, so that the next line sees, and its reply follows, all the events of this one. */
  #announce(): void {
    if (this.#announcing) return
    this.#announcing = true
    atTurnEnd('resume', this)
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
