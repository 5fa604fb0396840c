import type { MessageExtras } from '../../../chat/messages.ts'
import { fold } from '../../../chat/names.ts'
import { Refusal } from '../../../chat/refusal.ts'
import { type IrcCommand, type IrcContext, type Lines, NOTHING } from '../command.ts'
import { actionOf, isCtcp } from '../ctcp.ts'
import { LIMITS } from '../isupport.ts'
import { labelOf } from '../labels.ts'
import type { IrcMessage } from '../message.ts'
import { meantNick } from '../names.ts'
import { refusedLine } from '../refusals.ts'
import { membershipIn } from '../rooms.ts'

export const privmsg: IrcCommand = {
  name: 'PRIVMSG',
  least: 0,
  pipelined: true,
  run: (context, message) => speak(context, message, false),
}

export const notice: IrcCommand = {
  name: 'NOTICE',
  least: 0,
  pipelined: true,
  // A NOTICE is never answered (RFC 2812, 3.3.2).
  run: async (context, message) => {
    await speak(context, message, true)
    return NOTHING
  },
}

async function speak(context: IrcContext, message: IrcMessage, isNotice: boolean): Promise<Lines> {
  const [list = '', text = ''] = message.params
  const { reply } = context
  if (list === '') return [reply('ERR_NORECIPIENT', message.command)]
  if (text === '') return [reply('ERR_NOTEXTTOSEND')]
  const targets = list.split(',')
  const surplus = targets.slice(LIMITS.targets).map((target) => reply('ERR_TOOMANYTARGETS', target))
  const sent = targets.slice(0, LIMITS.targets).map(async (target): Promise<Lines> => {
    try {
      await sayTo(context, target, text, isNotice, labelOf(message, context.session))
      return NOTHING
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return [refusedIn(error, context, target)]
    }
  })
  return [...(await Promise.all(sent)).flat(), ...surplus]
}

function refusedIn(refusal: Refusal, { reply }: IrcContext, target: string): string {
  // A channel that the sender is not in takes no messages from outside (+n).
  if (refusal.code === 'not-in-room') return reply('ERR_CANNOTSENDTOCHAN', target, 'Cannot send to channel (+n)')
  return refusedLine(refusal, reply, { channel: target, nick: target })
}

async function sayTo(
  { chat, session }: IrcContext,
  target: string,
  text: string,
  isNotice: boolean,
  label: string | undefined,
): Promise<void> {
  const action = actionOf(text)
  // Other requests of CTCP are for IRC clients only, and are not shown elsewhere.
  if (action === undefined && isCtcp(text)) return
  const body = action ?? text
  if (!/^[@+]?#/.test(target)) {
    const to = meantNick(target)
    const waiting = session.told.get(fold(to))
    const sent = { label }
    if (waiting) waiting.push(sent)
    else session.told.set(fold(to), [sent])
    const isDelivered = await chat.messages.send(session, to, body).catch((error: unknown) => {
      forget(session.told, fold(to), sent)
      throw error
    })
    if (!isDelivered) forget(session.told, fold(to), sent)
    return
  }
  const membership = membershipIn(session, target.replace(/^[@+]/, ''))
  const details: MessageExtras['details'] =
    action !== undefined ? { action: true } : isNotice ? { notice: true } : undefined
  const event = await chat.messages.say(membership, body, details === undefined ? {} : { details })
  session.sent.set(event.id, { label })
}

function forget<T>(waiting: Map<string, T[]>, key: string, sent: T): void {
  const left = waiting.get(key)?.filter((other) => other !== sent) ?? []
  if (left.length > 0) waiting.set(key, left)
  else waiting.delete(key)
}
