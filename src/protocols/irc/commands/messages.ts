import type { MessageExtras } from '../../../chat/messages.ts'
import { fold } from '../../../chat/names.ts'
import { Refusal } from '../../../chat/refusal.ts'
import type { EventDetails } from '../../../engine/event.ts'
import { signalLine } from '../audience.ts'
import { type IrcCommand, type IrcContext, type Lines, NOTHING } from '../command.ts'
import { actionOf, isCtcp } from '../ctcp.ts'
import { IRC_LIMITS } from '../isupport.ts'
import { LabelledReply, labelOf } from '../labels.ts'
import { clientTagsOf, type IrcMessage, ircLine } from '../message.ts'
import { MultilineFault } from '../multiline.ts'
import { meantNick, SERVER, shownNick } from '../names.ts'
import { refusedLine } from '../refusals.ts'
import { membershipIn } from '../rooms.ts'
import { withoutFormats } from '../texts.ts'

/** A message that a client says to one target. */
interface Saying {
  readonly text: string
  readonly isNotice: boolean
  /** The message that has the tags of it. */
  readonly message: IrcMessage
}

const privmsg: IrcCommand = {
  name: 'PRIVMSG',
  least: 0,
  pipelined: true,
  run: (context, message) => speak(context, message, false),
}

const notice: IrcCommand = {
  name: 'NOTICE',
  least: 0,
  pipelined: true,
  // A NOTICE is never answered (RFC 2812, 3.3.2).
  run: async (context, message) => {
    await speak(context, message, true)
    return NOTHING
  },
}

const tagmsg: IrcCommand = {
  name: 'TAGMSG',
  least: 1,
  run(context, message) {
    if (!context.session.caps.has('message-tags')) return [context.reply('ERR_UNKNOWNCOMMAND', 'TAGMSG')]
    return toEach(context, message.params[0] ?? '', (target) => pass(context, target, { message, isNotice: false }))
  },
}

/** IRCv3, "draft/multiline". */
const batch: IrcCommand = {
  name: 'BATCH',
  least: 1,
  async run(context, message) {
    const { session, multiline } = context
    const [reference = '', type = '', target = ''] = message.params
    const fail = (code: string, words: string, why: string) => [
      ircLine(SERVER, 'FAIL', ['BATCH', code, ...words.split(' ').filter(Boolean), why]),
    ]
    if (!session.caps.has('draft/multiline') || !session.caps.has('batch'))
      return [context.reply('ERR_UNKNOWNCOMMAND', 'BATCH')]
    if (reference.startsWith('+')) {
      if (type !== 'draft/multiline' || target === '')
        return fail('UNKNOWN_TYPE', type, 'Only batches of draft/multiline')
      multiline.open(reference.slice(1), target, message)
      return NOTHING
    }
    try {
      const { opening, isNotice, text } = multiline.close(reference.slice(1))
      const lines = await toEach(context, target || (opening.params[2] ?? ''), (to) =>
        sayTo(context, to, { text, isNotice, message: opening }),
      )
      return new LabelledReply({ ...opening, command: isNotice ? 'NOTICE' : 'PRIVMSG', params: [] }, session).end(
        isNotice ? NOTHING : lines,
      )
    } catch (error) {
      if (!(error instanceof MultilineFault)) throw error
      return fail(error.code, error.context, 'The message has not been sent')
    }
  },
}

async function speak(context: IrcContext, message: IrcMessage, isNotice: boolean): Promise<Lines> {
  const [list = '', text = ''] = message.params
  const { reply, session, multiline } = context
  if (message.tags.has('batch') && session.caps.has('draft/multiline')) {
    multiline.add(message)
    return NOTHING
  }
  if (list === '') return [reply('ERR_NORECIPIENT', message.command)]
  if (text === '') return [reply('ERR_NOTEXTTOSEND')]
  return toEach(context, list, (target) => sayTo(context, target, { text, isNotice, message }))
}

/** Does something for each target of a list; a refusal of one does not stop the others. */
async function toEach(context: IrcContext, list: string, act: (target: string) => Promise<Lines>): Promise<Lines> {
  const targets = list.split(',').filter((target) => target !== '')
  const surplus = targets.slice(IRC_LIMITS.targets).map((target) => context.reply('ERR_TOOMANYTARGETS', target))
  const done = targets.slice(0, IRC_LIMITS.targets).map(async (target): Promise<Lines> => {
    try {
      return await act(target)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return [refusedIn(error, context, target)]
    }
  })
  return [...(await Promise.all(done)).flat(), ...surplus]
}

function refusedIn(refusal: Refusal, { reply }: IrcContext, target: string): string {
  // A channel that the sender is not in takes no messages from outside (+n).
  if (refusal.code === 'not-in-room') return reply('ERR_CANNOTSENDTOCHAN', target, 'Cannot send to channel (+n)')
  return refusedLine(refusal, reply, { channel: target, nick: target })
}

async function sayTo(context: IrcContext, target: string, saying: Saying): Promise<Lines> {
  const { chat, session } = context
  const { message, isNotice } = saying
  const action = actionOf(saying.text)
  // Other requests of CTCP are for IRC clients only.
  if (action === undefined && isCtcp(saying.text)) return pass(context, target, saying)
  const tags = clientTagsOf(message)
  const details: EventDetails = {
    ...(action !== undefined && { action: true }),
    ...(isNotice && action === undefined && { notice: true }),
    ...(tags && { tags }),
  }
  const extras = Object.keys(details).length > 0 ? { details } : {}
  const text = withoutFormats(action ?? saying.text)
  const label = labelOf(message, session)
  if (!target.startsWith('#')) return tell(context, target, text, { extras, label, isNotice })
  const event = await chat.messages.say(membershipIn(session, target), text, extras)
  session.noteSent(event.id, { label })
  return NOTHING
}

/** Sends a private message. */
async function tell(
  { chat, session, reply }: IrcContext,
  nick: string,
  text: string,
  { extras, label, isNotice }: { extras: MessageExtras; label: string | undefined; isNotice: boolean },
): Promise<Lines> {
  const to = meantNick(nick)
  const key = fold(to)
  const sent = { label }
  const waiting = session.told.get(key)
  if (waiting) waiting.push(sent)
  else session.told.set(key, [sent])
  let isDelivered = false
  try {
    isDelivered = await chat.messages.send(session, to, text, extras)
  } finally {
    if (!isDelivered) forget(session.told, key, sent)
  }
  const away = isNotice ? undefined : chat.away.of(to)
  return away === undefined ? NOTHING : [reply('RPL_AWAY', shownNick(to), away || 'Away')]
}

/** Passes what is not stored on to other clients of IRC, and echoes it where that is asked for. */
async function pass(
  { chat, session }: IrcContext,
  target: string,
  { message, isNotice, text }: Omit<Saying, 'text'> & { text?: string },
): Promise<Lines> {
  const signal = { text, isNotice, tags: clientTagsOf(message) ?? {} }
  await chat.messages.pass(session, target.startsWith('#') ? membershipIn(session, target) : meantNick(target), signal)
  if (!session.caps.has('echo-message')) return NOTHING
  const { id, name: from, registered: verified } = session
  const echo = signalLine({ kind: 'signal', session: id, from, verified, ...signal }, target, session)
  return echo === undefined ? NOTHING : [echo]
}

function forget<T>(waiting: Map<string, T[]>, key: string, sent: T): void {
  const left = waiting.get(key)?.filter((other) => other !== sent) ?? []
  if (left.length > 0) waiting.set(key, left)
  else waiting.delete(key)
}

export const MESSAGE_COMMANDS: readonly IrcCommand[] = [privmsg, notice, tagmsg, batch]
