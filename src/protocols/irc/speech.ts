import { newMsgid } from '../../chat/inboxes.ts'
import { fold } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import type { MessageExtras } from '../../chat/speech.ts'
import type { EventDetails } from '../../engine/event.ts'
import { type IrcContext, NOTHING } from './command.ts'
import { actionOf, isRequest } from './ctcp.ts'
import { IRC_LIMITS } from './isupport.ts'
import { clientTagsOf, type IrcMessage, ircLine, itemsOf, type Lines } from './message.ts'
import { meantNick, SERVER, shownNick } from './names.ts'
import { refusedLine, unlessRefused } from './refusals.ts'
import { membershipIn } from './rooms.ts'
import { isBot, type SentMessage, sentKey } from './session.ts'
import { signalLine } from './tags.ts'
import { withoutFormats } from './texts.ts'

/** A message that a client says to one target. */
export interface TargetedText {
  readonly text: string
  readonly isNotice: boolean
  /** The message that has the tags of it. */
  readonly message: IrcMessage
}

/**
 * Does something for each target of a list; a refusal of one does not stop the others. Resolves with the lines of all, without those of
 * refusals where that `isSilent`, and with the number of those that are not refused.
 */
export async function sendToEach(
  context: IrcContext,
  list: string,
  act: (target: string) => Promise<Lines>,
  isSilent = false,
): Promise<{ readonly lines: Lines; readonly done: number }> {
  const targets = itemsOf(list)
  let done = 0
  const acted = targets.slice(0, IRC_LIMITS.targets).map(async (target) => {
    const step = act(target).then((lines) => {
      done++
      return lines
    })
    return unlessRefused(step, (refusal) => (isSilent ? [] : [refusedIn(refusal, context, target)]))
  })
  const lines = (await Promise.all(acted)).flat()
  const surplus = isSilent ? [] : targets.slice(IRC_LIMITS.targets)
  return { lines: [...lines, ...surplus.map((target) => context.reply('ERR_TOOMANYTARGETS', target))], done }
}

function refusedIn(refusal: Refusal, { reply }: IrcContext, target: string): string {
  // A channel that the sender is not in takes no messages from outside (+n).
  if (refusal.code === 'not-in-room') return reply('ERR_CANNOTSENDTOCHAN', target, 'Cannot send to channel (+n)')
  return refusedLine(refusal, reply, { channel: target, nick: target })
}

/** The service that clients send passwords to at other networks: no user of this name gets them. */
const NICKSERV = 'nickserv'

export const NO_NICKSERV =
  'There is no NickServ: give your password by SASL or PASS, make an account by REGISTER * * PASSWORD'

/** Says something to a channel or user; `sent` makes the note for its echo. @throws Refusal */
export async function sayTo(
  context: IrcContext,
  target: string,
  saying: TargetedText,
  sent: () => SentMessage,
): Promise<Lines> {
  const { chat, session, reply } = context
  const { message, isNotice } = saying
  if (fold(target) === NICKSERV) {
    if (isNotice) throw new Refusal('nobody-here')
    return [reply('ERR_NOSUCHNICK', target), ircLine(SERVER, 'NOTICE', [session.nick, NO_NICKSERV])]
  }
  // Requests of CTCP are for IRC clients only.
  if (isRequest(saying.text)) return pass(context, target, saying)
  const action = actionOf(saying.text)
  // History has the tag too. That of an account's mark is for as long as the mark.
  const tags = { ...clientTagsOf(message), ...(session.hasBotMode && { bot: '' }) }
  const details: EventDetails = {
    ...(action !== undefined && { action: true }),
    ...(isNotice && action === undefined && { notice: true }),
    ...(Object.keys(tags).length > 0 && { tags }),
  }
  const extras = Object.keys(details).length > 0 ? { details } : {}
  const text = withoutFormats(action ?? saying.text)
  if (!target.startsWith('#')) return tell(context, target, text, { extras, sent: sent(), isNotice })
  const event = await chat.messages.say(membershipIn(session, target), text, extras)
  session.sent.set(sentKey(event), sent())
  return NOTHING
}

async function tell(
  { chat, session, reply }: IrcContext,
  nick: string,
  text: string,
  { extras, sent, isNotice }: { extras: MessageExtras; sent: SentMessage; isNotice: boolean },
): Promise<Lines> {
  const to = meantNick(nick)
  const msgid = newMsgid()
  // Its echo may come before the end of the request.
  session.sent.set(msgid, sent)
  let isDelivered = false
  try {
    isDelivered = await chat.messages.send(session, to, text, { details: { ...extras.details, msgid } })
  } finally {
    if (!isDelivered) {
      session.sent.delete(msgid)
      sent.settled?.()
    }
  }
  const away = isNotice ? undefined : chat.away.of(to)
  return away === undefined ? NOTHING : [reply('RPL_AWAY', shownNick(to), away || 'Away')]
}

/** Passes what is not stored on to clients of IRC, and echoes it where that is asked for. */
export async function pass(
  { chat, session }: IrcContext,
  target: string,
  { message, isNotice, text }: Omit<TargetedText, 'text'> & { text?: string },
): Promise<Lines> {
  const signal = { text, isNotice, msgid: newMsgid(), tags: clientTagsOf(message) ?? {} }
  await chat.messages.pass(session, target.startsWith('#') ? membershipIn(session, target) : meantNick(target), signal)
  if (!session.caps.has('echo-message')) return NOTHING
  const { id, name: from, registered: verified, source } = session
  const shown = { source, target, isBot: isBot(session) }
  const echo = signalLine({ kind: 'signal', session: id, from, verified, ...signal }, shown, session)
  return echo === undefined ? NOTHING : [echo]
}
