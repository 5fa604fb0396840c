import { Refusal } from '../../chat/refusal.ts'
import type { Room } from '../../chat/session.ts'
import { NAME_RELEASE_MS } from '../../transport/connection-end.ts'
import type { ClientLink, Conversation } from '../../transport/conversation.ts'
import type { Unreadable } from '../../transport/framing.ts'
import type { Handled } from '../../transport/reply-queue.ts'
import { settledWithin } from '../../within.ts'
import type { IrcCommand, IrcContext } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { showRetitled } from './entry.ts'
import { GarbledLine } from './framing.ts'
import type { PingedConnection } from './heartbeat.ts'
import { LabelledReply, refusalOf } from './labels.ts'
import { LongReply, WRITE_LINES } from './long-reply.ts'
import { type IrcMessage, ircLine, isLineTooLong, type Lines, parseIrcMessage } from './message.ts'
import { MultilineInput } from './multiline.ts'
import { SERVER } from './names.ts'
import { numeric } from './numerics.ts'
import type { IrcOptions } from './options.ts'
import { refusedLine } from './refusals.ts'
import { Registration } from './registration.ts'
import { IrcSession } from './session.ts'
import { NO_NICKSERV } from './speech.ts'

const NONE = Buffer.alloc(0)
/** Commands that clients send to the service of accounts at other networks. */
const NICKSERV_COMMANDS: ReadonlySet<string> = new Set(['NS', 'NICKSERV'])
/** The characters that no line may contain; they are left out. */
const FORBIDDEN = /[\0\r]/g

/** The conversation with one IRC client. Enforces the columns of the table of commands. */
export class IrcConversation implements IrcContext, Conversation<string | Unreadable>, PingedConnection {
  readonly session: IrcSession
  readonly options: IrcOptions
  readonly registration = new Registration()
  readonly multiline: MultilineInput
  readonly reply: IrcContext['reply']
  readonly #link: ClientLink
  #isQuitting = false
  #closing: Promise<void> | undefined
  /** The reply to the request that later ones wait for. */
  #replying: LabelledReply | undefined
  heardAt = performance.now()

  constructor(options: IrcOptions, link: ClientLink) {
    this.options = options
    this.#link = link
    this.session = new IrcSession(options.wire, link, options.users)
    this.session.showRetitled = this.#showRetitled.bind(this)
    this.multiline = new MultilineInput(options.chat.maxText)
    options.pings.add(this)
    this.reply = (name, ...params) => numeric(this.session.nick, name, ...params)
  }

  get chat(): IrcContext['chat'] {
    return this.options.chat
  }

  tell(lines: Lines): void {
    if (lines.length > 0) this.#push(this.#replying?.early(lines) ?? lines)
  }

  drained(): Promise<void> {
    return this.#link.drained()
  }

  async quit(reason: string): Promise<void> {
    this.#isQuitting = true
    this.session.farewell = reason
    await settledWithin(this.#close(), NAME_RELEASE_MS)
  }

  ask(): void {
    this.#push([`PING :${SERVER}`])
  }

  lose(): void {
    this.session.farewell = 'Ping timeout'
    this.#push(['ERROR :Closing link: ping timeout'])
    this.#link.hangUp()
  }

  leave(): Promise<void> {
    this.options.audience.leave(this.session)
    this.options.pings.remove(this)
    return this.#close()
  }

  /** Ends the session. What it has said, and its QUIT, is shown with its details. */
  #close(): Promise<void> {
    const { chat, session, options } = this
    return (this.#closing ??= chat.close(session).finally(() => options.users.ended(session)))
  }

  slowed(): void {
    const text = 'Slow down: your lines are read at the permitted rate'
    this.#push([ircLine(SERVER, 'NOTICE', [this.session.nick, text])])
  }

  /** See {@link showRetitled}; the lines are no part of a reply. */
  #showRetitled(room: Room, former: string): () => Promise<void> {
    const { chat, session, options, reply } = this
    const tell = (lines: Lines) => lines.length > 0 && this.#push(lines)
    const context = { chat, session, options, reply, tell, drained: () => this.drained() }
    const { record } = room
    const isInside = () => session.memberships.get(record.id)?.room === room
    if (isInside() && session.formerKey === undefined) return showRetitled(context, room, former)
    // It has become another user, of which the reply tells the client.
    return async () => {
      await this.#link.replies.answered
      if (isInside()) await showRetitled(context, room, former, record)()
    }
  }

  handle(line: string | Unreadable): Handled {
    this.heardAt = performance.now()
    if (typeof line !== 'string') return this.#pack(this.#unreadable(line))
    const message = parseIrcMessage(line.replace(FORBIDDEN, ''))
    if (isLineTooLong(line)) return this.#pack(this.#refuse(message, this.reply('ERR_INPUTTOOLONG')))
    return message ? this.#dispatch(message) : undefined
  }

  #unreadable(line: Unreadable): Lines {
    if (!(line instanceof GarbledLine)) return this.#refuse(undefined, this.reply('ERR_INPUTTOOLONG'))
    const message = parseIrcMessage(line.line.replace(FORBIDDEN, ''))
    const command = message && /^[A-Z]+$/.test(message.command) ? message.command : '*'
    const why = 'Message rejected, it is not UTF-8'
    return this.#refuse(message, ircLine(SERVER, 'FAIL', [command, 'INVALID_UTF8', why]))
  }

  /** Returns the answer to a line that is not handled. */
  #refuse(message: IrcMessage | undefined, answer: string): Lines {
    this.multiline.refuse(message)
    return message ? refusalOf(message, this.session, answer) : [answer]
  }

  #dispatch(message: IrcMessage): Handled {
    const command = COMMANDS.get(message.command)
    const isPipelined = command?.pipelines?.(message) ?? false
    // Commands other than messages see, and their replies follow, all that earlier ones have caused.
    if (!isPipelined && !this.#link.replies.settled) return 'again'
    // The first line of somebody who means the line protocol.
    if (message.command === 'LOGIN' && this.session.name === '')
      return this.#link.disconnect('wrong-protocol', this.options.elsewhere('lines'))
    const objection = this.#objectionTo(command, message)
    if (objection !== undefined) return this.#pack(refusalOf(message, this.session, objection))
    return command && this.#run(command, message, { reply: new LabelledReply(message, this.session), isPipelined })
  }

  #objectionTo(command: IrcCommand | undefined, { command: name, params }: IrcMessage): string | undefined {
    if (this.session.name === '' && !command?.early) return this.reply('ERR_NOTREGISTERED')
    if (!command) return this.reply('ERR_UNKNOWNCOMMAND', name, NICKSERV_COMMANDS.has(name) ? NO_NICKSERV : undefined)
    return params.length < command.least ? this.reply('ERR_NEEDMOREPARAMS', name) : undefined
  }

  #run(
    command: IrcCommand,
    message: IrcMessage,
    { reply, isPipelined }: { readonly reply: LabelledReply; readonly isPipelined: boolean },
  ): Handled {
    if (!isPipelined) this.#replying = reply
    const done = (lines: Lines) => {
      const rest = reply.end(lines)
      if (!isPipelined) this.#replying = undefined
      if (this.#isQuitting) this.#link.hangUp()
      return rest.length > WRITE_LINES ? this.#inSlices(rest) : this.#pack(rest)
    }
    const failed = (thrown: unknown) => done(this.#failure(thrown, command, message))
    try {
      const answer = command.run(this, message)
      if (!(answer instanceof Promise)) return done(answer)
      const replied = answer.then(done).catch(failed)
      return isPipelined ? { pipelined: replied } : replied
    } catch (thrown) {
      return failed(thrown)
    }
  }

  /** Sends a long reply. Resolves with the rest of it when the client has read what comes before. */
  async #inSlices(lines: Lines): Promise<Buffer> {
    const reply = new LongReply(this)
    await reply.add(lines)
    return this.#pack(reply.rest())
  }

  #failure(thrown: unknown, { name, channelAt }: IrcCommand, { params }: IrcMessage): Lines {
    if (thrown instanceof Refusal) {
      const [first = '', second = ''] = channelAt === 1 ? params.toSpliced(2).reverse() : params
      const named = first.startsWith('#') ? second || first : first
      const nick = this.session.name === '' ? this.registration.asked : named
      return [refusedLine(thrown, this.reply, { channel: first, nick })]
    }
    this.options.log.error({ err: thrown, command: name }, 'command failed')
    return [ircLine(SERVER, 'FAIL', [name, 'INTERNAL_ERROR', 'The command has failed'])]
  }

  /** Sends lines that belong to no reply. */
  #push(lines: Lines): void {
    this.#link.push(this.options.wire.pack(lines))
  }

  #pack(lines: Lines): Buffer {
    return lines.length === 0 ? NONE : this.options.wire.pack(lines)
  }
}
