import type { Logger } from 'pino'
import type { Answer, Command, CommandContext, Form, State } from '../../../commands/command.ts'
import { hintOf, isAskingForHelp } from '../../../commands/hint.ts'
import { COMMAND_GROUPS, commands } from '../../../commands/index.ts'
import { plainLine } from '../../../commands/message.ts'
import { type ErrorReply, error, type History, OK, type Reply, type ServerLine } from '../../../commands/replies.ts'
import { suggestionFor } from '../../../commands/suggest.ts'
import { errorOf, hintFor } from '../../../commands/wording.ts'
import type { Chat } from '../../chat/chat.ts'
import { NAME_RELEASE_MS } from '../../transport/connection-end.ts'
import type { ClientLink, Conversation } from '../../transport/conversation.ts'
import type { DisconnectReason } from '../../transport/disconnect.ts'
import { UnendedLine } from '../../transport/framing.ts'
import type { LineUnit } from '../../transport/lines/framing.ts'
import type { PaceOptions } from '../../transport/rate.ts'
import type { Handled } from '../../transport/reply-queue.ts'
import { settledWithin } from '../../within.ts'
import { Parser } from './parse.ts'
import { LineSession, type LineWire, lastLineFor, speakLines } from './wire.ts'

/** Characters of history in one write; the next one waits until the client has read it. */
const WRITE_CHARACTERS = 65_536

/** Matches the first line of an IRC client. */
const IRC = /^(?:CAP LS(?: \d+)?|PASS \S+|NICK \S+|USER \S+ \S+ \S+ \S.*)$/

/** Matches a line with a nonce that may have been cut off behind `nonce=`. */
const WITH_NONCE = /^(?:MESSAGE|\/(?:message|me|notice|(?:tell|msg)[ \t]+(?:"[^"]*"|\S+)))[ \t]+nonce=/i

const parser = new Parser(commands, plainLine)

/** Options that all conversations of a port share. */
export interface LineConversationOptions {
  readonly chat: Chat
  readonly wire: LineWire
  readonly log: Logger
  /** Bytes of a line, without its end. */
  readonly maxLine: number
  /** The port of IRC, for clients that speak it. */
  readonly ircPort?: () => string | undefined
}

/**
 * The conversation with one client over any transport. Enforces the columns of the command table. Each line has exactly one reply, in
 * the order of the lines.
 */
export class LineConversation implements CommandContext, Conversation<LineUnit> {
  readonly session: LineSession
  readonly commandGroups = COMMAND_GROUPS
  speaking: CommandContext['speaking']
  usesNonces = false
  readonly #options: LineConversationOptions
  readonly #link: ClientLink
  /** True after the client has requested the end of the connection. */
  #quitting = false
  /** True after the first line. */
  #begun = false
  /** True if every line is a text to say. */
  #piping = false

  constructor(options: LineConversationOptions, link: ClientLink) {
    this.#options = options
    this.#link = link
    this.session = new LineSession(options.wire, link.outbox, link)
  }

  get chat(): Chat {
    return this.#options.chat
  }

  get form(): Form {
    return this.session.form
  }

  get maxLine(): number {
    return this.#options.maxLine
  }

  get listening(): CommandContext['listening'] {
    return this.session.listening
  }

  set listening(place: CommandContext['listening']) {
    if (place !== this.session.listening) this.session.listening?.end()
    this.session.listening = place
  }

  get pace(): PaceOptions {
    return this.#link.pace
  }

  get address(): string {
    return this.#link.address
  }

  async endSession(): Promise<void> {
    this.#quitting = true
    await settledWithin(this.leave(), NAME_RELEASE_MS)
  }

  leave(): Promise<void> {
    this.listening = undefined
    return this.chat.close(this.session)
  }

  readonly setForm = (form: Form): void => {
    this.session.form = form
  }

  readonly hear = (on: boolean): void => {
    this.session.hears = on
  }

  readonly pipe = (): void => {
    this.#piping = true
  }

  readonly breakOff = (): void => {
    if (!this.session.closed) this.#link.disconnect('unavailable')
  }

  lastWord(reason: DisconnectReason, why?: string): Buffer | undefined {
    // A client that speaks HTTP has not asked for plain lines.
    return this.session.form === 'json' ? undefined : this.encode(lastLineFor(reason, undefined, why))
  }

  slowed(): void {
    this.#link.push(this.encode({ type: 'notice', notice: 'Slow down: your lines are read at the permitted rate' }))
  }

  handle(line: LineUnit): Handled {
    if (line instanceof UnendedLine) return this.#handleLast(line.text)
    if (typeof line !== 'string') return this.#answer(error(line.reason, this.#options.maxLine))
    if (!this.#begun) {
      if (IRC.test(line)) return this.#link.disconnect('wrong-protocol', speakLines('IRC', this.#options.ircPort?.()))
      this.#greet(line)
    }
    if (this.#piping) return this.#sayLiterally(line)
    const parsed = parser.parse(line)
    if ('unknown' in parsed) {
      return this.#answer(error('unknown-command', parsed.unknown, suggestionFor(parsed.unknown, COMMAND_GROUPS)))
    }
    return this.#dispatch(parsed.command, parsed.parameter)
  }

  /** Handles a line that may have been cut off, unless the client sends it again. */
  #handleLast(line: string): Handled {
    const isRepeated = !this.#piping && (this.usesNonces || WITH_NONCE.test(line))
    return isRepeated ? this.#answer(error('line-unfinished')) : this.handle(line)
  }

  encode(line: ServerLine): Buffer {
    const { wire } = this.#options
    return wire.pack(wire.encode(line, this.session.form))
  }

  /** Sends a hint before the reply to a first line that asks for help. */
  #greet(line: string): void {
    this.#begun = true
    if (isAskingForHelp(line)) this.#link.push(this.encode(hintOf(this.#options.chat.welcome)))
  }

  #sayLiterally(line: string): Handled {
    if (line !== '') return this.#dispatch(plainLine, line)
    return this.#answer(OK)
  }

  /** Runs a command that is checked in the order of docs/protocols/line.md, section 2.2. */
  #dispatch(command: Command, parameter: string): Handled {
    if (command.pipelined !== true && !this.#link.replies.settled) return 'again'
    const objection = objectionTo(command, parameter, this)
    if (objection) {
      const meant = command === plainLine && !this.#piping ? parser.resembling(parameter) : undefined
      return this.#answer(meant ? { ...objection, hint: spellingHint(meant) } : objection)
    }
    let answer: Answer
    try {
      answer = command.run(this, parameter)
    } catch (thrown) {
      answer = this.#errorOf(thrown, command, parameter)
    }
    if (Symbol.asyncIterator in answer) return this.#stream(answer, command, parameter)
    if (!(answer instanceof Promise)) return this.encode(answer)
    const { wire } = this.#options
    const { session } = this
    const failed = (thrown: unknown) => wire.bytesOf(this.#errorOf(thrown, command, parameter), session.form)
    if (command.pipelined) {
      return {
        pipelined: (done) =>
          void answer.then(
            (reply) => done(wire.bytesOf(reply, session.form)),
            (thrown: unknown) => done(failed(thrown)),
          ),
      }
    }
    return answer
      .then((reply) => wire.bytesOf(reply, session.form), failed)
      .finally(() => {
        // The connection ends after this reply.
        if (this.#quitting) this.#link.hangUp()
      })
  }

  /** Replies at once; retries the line later if the reply would overtake the events of an earlier line. */
  #answer(reply: Reply): Handled {
    return this.#link.replies.announcing ? 'again' : this.#options.wire.bytesOf(reply, this.session.form)
  }

  #errorOf(thrown: unknown, command: Command, parameter: string): Reply {
    const reply = errorOf(thrown, parameter, command, this.speaking?.record.slug)
    if (reply) return reply
    this.#options.log.error({ err: thrown, command: command.name }, 'command failed')
    return error('internal-error')
  }

  /** Takes as many lines out of a page as fit one write. */
  #take(page: (Reply | History)[]): Buffer {
    const { wire } = this.#options
    let lines = ''
    let count = 0
    for (const line of page) {
      lines += wire.encode(line, this.session.form)
      count++
      if (lines.length >= WRITE_CHARACTERS) break
    }
    page.splice(0, count)
    return wire.pack(lines)
  }

  async #stream(
    pages: AsyncIterable<(Reply | History)[]>,
    command: Command,
    parameter: string,
  ): Promise<Buffer | undefined> {
    let begun = false
    try {
      for await (const page of pages) {
        begun = true
        while (page.length > 0) {
          this.#link.push(this.#take(page))
          await this.#link.drained()
        }
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

/** The error for a session that is not in the state which a command requires. */
const WRONG_STATE: Readonly<Record<State, (context: LineConversation) => ErrorReply | undefined>> = {
  any: () => undefined,
  anonymous: ({ session: { name } }) => (name ? error('already-logged-in', name) : undefined),
  named: ({ session: { name } }) => (name ? undefined : error('login-required')),
  inRoom: ({ session }) => (session.membership ? undefined : notInRoom(session)),
  hearing: ({ session, listening }) => (session.membership || listening ? undefined : notInRoom(session)),
  speaking: ({ session, speaking }) => (session.membership || speaking ? undefined : notInRoom(session)),
}

function notInRoom({ name }: LineSession): ErrorReply {
  return error(name ? 'not-in-room' : 'login-required')
}

/** Returns the error for a command that the session may not run, or that lacks words; undefined for another one. */
function objectionTo(command: Command, parameter: string, context: LineConversation): ErrorReply | undefined {
  const { state, least } = command
  const objection = WRONG_STATE[state](context)
  if (objection || least === 'none' || least === 0) return objection
  const words = least === 1 ? Number(parameter !== '') : parameter.split(/[ \t]+/, least).length
  return words < least ? error('missing-parameter', '', hintFor('missing-parameter', command)) : undefined
}

/** Returns the hint for a text that is refused and was meant as a command. */
function spellingHint({ name }: Command): string {
  if (name.startsWith('/')) return `Commands begin with a slash: ${name}`
  return `Commands are upper-case, or begin with a slash: ${name}, /${name.toLowerCase()}`
}
