import { fold } from '../../../chat/names.ts'
import { Refusal } from '../../../chat/refusal.ts'
import { memberLimitOf } from '../../../chat/room-settings.ts'
import type { Membership } from '../../../chat/session.ts'
import type { ModeFlag } from '../../../engine/event.ts'
import { bannedBy, liftedBy } from '../ban-masks.ts'
import type { IrcCommand, IrcContext } from '../command.ts'
import { FLAG_LETTERS, maskOf } from '../events.ts'
import { type AskedChange, changesNothing } from '../idle-changes.ts'
import { IRC_LIMITS } from '../isupport.ts'
import { LongReply } from '../long-reply.ts'
import type { Lines } from '../message.ts'
import { channelOf, meantNick, shownNick } from '../names.ts'
import { HAS_VOICE, OUTRANKED, refusedLine } from '../refusals.ts'
import { isOperatorIn, isVisible, membershipIn, roomOfChannel } from '../rooms.ts'
import { type IrcSession, isBot } from '../session.ts'

interface ModeChange extends AskedChange {
  readonly kind: 'plain' | 'variable' | 'missing'
}

/** The user modes of which clients speak; only `B` and `i` are changed by them here. */
const USER_MODES = '+-Biosw'
const WITH_PARAMETER = 'ovb'
/** Maximum changes without a parameter in a line: each of `imnst`, `-k` and `-l`. Those with one are counted as RPL_ISUPPORT tells. */
const MAX_PLAIN_CHANGES = 7
/** Maximum answers in a line to changes whose parameter is missing. */
const MAX_MISSING = 4

export const modeCommand: IrcCommand = {
  name: 'MODE',
  usage: 'MODE <channel> [<modes> [<parameter>{ <parameter>}]] | <nickname> [{+ | -}{B | i}]',
  help: 'Shows or changes modes: +o and +v nickname, +b mask, +k key, +l members, +i, +m, +s. MODE #room b lists bans; of your nickname +B tells that you are a bot, +i hides it from masks of WHO.',
  least: 1,
  run(context, { params: [target = '', letters, ...params] }) {
    if (!target.startsWith('#')) return userMode(context, target, letters)
    return letters === undefined ? showModes(context, target) : changeModes(context, target, letters, params)
  },
}

async function userMode(
  { chat, session, reply }: IrcContext,
  target: string,
  letters: string | undefined,
): Promise<Lines> {
  const name = meantNick(target)
  if (fold(name) !== session.key)
    return [(await chat.users.exists(name)) ? reply('ERR_USERSDONTMATCH') : reply('ERR_NOSUCHNICK', target)]
  const before = userModesOf(session)
  if (letters === undefined) return [reply('RPL_UMODEIS', `+${before.join('')}`)]
  for (const { letter, on } of changesOf(letters, [])) setUserMode(session, letter, on)
  const after = userModesOf(session)
  const [set, unset] = [after.filter((mode) => !before.includes(mode)), before.filter((mode) => !after.includes(mode))]
  const changed = (set.length > 0 ? `+${set.join('')}` : '') + (unset.length > 0 ? `-${unset.join('')}` : '')
  const lines = changed === '' ? [] : [`:${session.source} MODE ${session.nick} :${changed}`]
  const isKnown = [...letters].every((letter) => USER_MODES.includes(letter))
  return isKnown ? lines : [...lines, reply('ERR_UMODEUNKNOWNFLAG')]
}

function userModesOf(session: IrcSession): string[] {
  const modes = [isBot(session) && 'B', session.hasInvisibleMode && 'i', session.isAdmin && 'o']
  return modes.filter((mode) => mode !== false)
}

function setUserMode(session: IrcSession, letter: string, on: boolean): void {
  // An account that is marked as a bot stays one.
  if (letter === 'B' && !session.isBot) session.hasBotMode = on
  if (letter === 'i') session.hasInvisibleMode = on
}

async function showModes(context: IrcContext, channel: string): Promise<Lines> {
  const { chat, session, reply } = context
  const room = await roomOfChannel(context, channel)
  if (!isVisible(session, room)) throw new Refusal('not-in-room')
  const state = await chat.access.stateOf(room, session)
  const flags = (Object.keys(FLAG_LETTERS) as ModeFlag[]).filter((flag) => {
    const isOn = flag === 'password' ? room.hash !== undefined : state.mode(flag) !== undefined
    return isOn && FLAG_LETTERS[flag] !== undefined
  })
  const letters = flags.map((flag) => FLAG_LETTERS[flag]).join('')
  // The parameters are in the order of their letters; nobody is shown the key.
  const params = flags.flatMap((flag) =>
    flag === 'limit' ? [state.mode(flag) ?? ''] : flag === 'password' ? ['*'] : [],
  )
  const shown = channelOf(room)
  return [
    reply('RPL_CHANNELMODEIS', shown, [`+nt${letters}`, ...params]),
    reply('RPL_CREATIONTIME', shown, Math.floor(room.createdAt / 1_000)),
  ]
}

async function changeModes(
  context: IrcContext,
  channel: string,
  letters: string,
  params: readonly string[],
): Promise<Lines> {
  const { session, reply } = context
  await roomOfChannel(context, channel)
  const answers = new LongReply(context)
  let isListed = false
  const left = { plain: MAX_PLAIN_CHANGES, variable: IRC_LIMITS.modes, missing: MAX_MISSING }
  for (const change of changesOf(letters, params)) {
    const { letter, parameter, on, kind } = change
    if (letter === 'b' && parameter === undefined) {
      // A client could ask for hundreds of lists by one line.
      if (!isListed) await addBans(context, membershipIn(session, channel), answers)
      isListed = true
      continue
    }
    if (left[kind]-- <= 0) continue
    try {
      const membership = membershipIn(session, channel)
      if (await changesNothing(context, membership, change)) continue
      const answer = await apply(context, membership, change)
      if (answer !== undefined) await answers.add([answer])
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const nick = parameter ?? channel
      const isOperator = WITH_PARAMETER.includes(letter) && isOperatorIn(session, channel)
      const why = isOperator ? (letter === 'v' && on ? HAS_VOICE : OUTRANKED) : undefined
      const isAbsent = error.code === 'nobody-here' && letter !== 'b'
      const isKnown = isAbsent && (await context.chat.users.exists(meantNick(nick)))
      if (isKnown) await answers.add([reply('ERR_USERNOTINCHANNEL', nick, channel)])
      else if (isAbsent) await answers.add([reply('ERR_NOSUCHNICK', nick)])
      else if (error.code !== 'nobody-here') await answers.add([refusedLine(error, reply, { channel, nick, why })])
    }
  }
  return answers.rest()
}

/** Parses mode letters with their parameters (Modern IRC Client Protocol, "MODE message"). */
function changesOf(letters: string, params: readonly string[]): ModeChange[] {
  const left = [...params]
  const changes: ModeChange[] = []
  let on = true
  for (const letter of letters) {
    if (letter === '+' || letter === '-') {
      on = letter === '+'
      continue
    }
    const takes = WITH_PARAMETER.includes(letter) || letter === 'k' || (letter === 'l' && on)
    const parameter = takes ? left.shift() : undefined
    // A key may be taken off without it.
    const isPlain = !takes || (letter === 'k' && !on)
    changes.push({ on, letter, parameter, kind: parameter !== undefined ? 'variable' : isPlain ? 'plain' : 'missing' })
  }
  return changes
}

/** Changes a mode. Returns a numeric for one that cannot be changed so. */
async function apply(
  context: IrcContext,
  by: Membership,
  { on, letter, parameter }: AskedChange,
): Promise<string | undefined> {
  const { chat, reply } = context
  const { roles, expulsion, settings } = chat.moderation
  const missing = () => reply('ERR_NEEDMOREPARAMS', 'MODE')
  const invalid = (why: string) =>
    reply('ERR_INVALIDMODEPARAM', channelOf(by.room.record), letter, parameter || '*', why)
  switch (letter) {
    case 'o':
    case 'v': {
      if (parameter === undefined) return missing()
      const role = letter === 'o' ? 'operator' : 'voiced'
      if (on) await roles.grant(by, role, meantNick(parameter))
      else await roles.withdraw(by, role, meantNick(parameter))
      return undefined
    }
    case 'b': {
      if (parameter === undefined) return missing()
      const names = await (on ? bannedBy : liftedBy)(context, by, parameter)
      if (typeof names === 'string') return invalid(names)
      for (const name of names) {
        if (on) await expulsion.sanction(by, 'banned', name)
        else await expulsion.lift(by, 'banned', name)
      }
      return undefined
    }
    case 'k':
      if (on && parameter === undefined) return missing()
      await settings.lock(by, on ? parameter : undefined)
      return undefined
    case 'l': {
      if (on && parameter === undefined) return missing()
      const limit = memberLimitOf(parameter ?? '')
      if (on && limit === undefined) return invalid('A limit is a number of members')
      await settings.setMode(by, 'limit', limit)
      return undefined
    }
    case 'i':
      await settings.setMode(by, 'invite-only', on ? '' : undefined)
      return undefined
    case 'm':
      await settings.setMode(by, 'moderated', on ? '' : undefined)
      return undefined
    case 's':
      await settings.hide(by, on)
      return undefined
    case 'n':
    case 't':
      return on ? undefined : reply('ERR_MLOCKRESTRICTED', channelOf(by.room.record), letter)
    default:
      return reply('ERR_UNKNOWNMODE', letter)
  }
}

async function addBans(context: IrcContext, by: Membership, answers: LongReply): Promise<void> {
  const { chat, session, reply } = context
  const channel = channelOf(by.room.record)
  if (!(await chat.workTurns.next(session))) return
  const bans = await chat.moderation.expulsion.list(by, 'banned').catch((error: unknown) => {
    // Clients ask for the list when they join, and show an error as one.
    if (error instanceof Refusal && error.code === 'not-permitted') return []
    throw error
  })
  for await (const { to, by: moderator, at } of chat.workTurns.each(session, bans))
    await answers.add([reply('RPL_BANLIST', channel, maskOf(to), shownNick(moderator), Math.floor(at / 1_000))])
  await answers.add([reply('RPL_ENDOFBANLIST', channel)])
}
