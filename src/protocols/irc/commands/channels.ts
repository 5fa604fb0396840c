import { isName, isSlug } from '../../../chat/names.ts'
import { Refusal } from '../../../chat/refusal.ts'
import { isAtLeast } from '../../../chat/room-state.ts'
import { clean } from '../../../chat/text.ts'
import { type IrcCommand, type IrcContext, NOTHING } from '../command.ts'
import { enter } from '../entry.ts'
import { partLine } from '../events.ts'
import { IRC_LIMITS } from '../isupport.ts'
import { itemsOf, type Lines } from '../message.ts'
import { channelOf, meantNick, roomNameOf, shownNick } from '../names.ts'
import { OUTRANKED, refusedLine, unlessRefused } from '../refusals.ts'
import { findVisible, isOperatorIn, isVisible, membershipIn, namesLines, roomOfChannel, topicLines } from '../rooms.ts'
import { ownLine } from '../tags.ts'
import { plainText } from '../texts.ts'

/** Runs a command for each channel of a list; a refusal of one does not stop the others. */
async function forEachChannel(
  context: IrcContext,
  list: string,
  act: (channel: string) => Promise<Lines>,
): Promise<Lines> {
  const lines: string[] = []
  for (const channel of itemsOf(list)) {
    const refused = (refusal: Refusal) => [refusedLine(refusal, context.reply, { channel, nick: context.session.nick })]
    lines.push(...(await unlessRefused(act(channel), refused)))
  }
  return lines
}

const join: IrcCommand = {
  name: 'JOIN',
  usage: 'JOIN <channel>{,<channel>} [<key>{,<key>}] | 0',
  help: 'Enters channels; one that does not exist is made. JOIN 0 leaves all.',
  least: 1,
  async run(context, { params: [list = '', ...keys] }) {
    const { session } = context
    if (list === '0') {
      const rooms = Array.from(session.memberships.values(), ({ room }) => channelOf(room.record))
      return forEachChannel(context, rooms.join(','), (channel) => leave(context, channel, ''))
    }
    const channels = list.split(',')
    // The password of one room may have spaces and commas.
    const given = channels.length === 1 ? [keys.join(' ')] : (keys[0] ?? '').split(',')
    for (const [index, channel] of channels.entries()) {
      // What belongs to a channel comes before the JOIN of the next one.
      context.tell(await forEachChannel(context, channel, () => joinChannel(context, channel, given[index] ?? '')))
      await context.drained()
      if (session.closed) break
    }
    return NOTHING
  },
}

async function joinChannel(context: IrcContext, channel: string, key: string): Promise<Lines> {
  const { chat, session } = context
  const name = roomNameOf(channel)
  if (name === undefined) throw new Refusal('room-unknown')
  const found = await chat.rooms.find(name)
  if (found && session.memberships.has(found.id)) return NOTHING
  if (!found && !isSlug(name)) throw new Refusal('room-name-invalid')
  if (found?.hash !== undefined && key !== '') await chat.passwords.check(found, key, session.address)
  const unlocked = key === '' ? undefined : found
  return enter(context, found ? found.id : name, unlocked)
}

const part: IrcCommand = {
  name: 'PART',
  usage: 'PART <channel>{,<channel>} [:<reason>]',
  help: 'Leaves channels.',
  least: 1,
  run: (context, { params: [list = '', reason = ''] }) =>
    forEachChannel(context, list, (channel) => leave(context, channel, plainText(reason))),
}

async function leave(context: IrcContext, channel: string, reason: string): Promise<Lines> {
  const { chat, session } = context
  await roomOfChannel(context, channel)
  const membership = membershipIn(session, channel)
  const left = await chat.leave(membership, reason)
  return [ownLine(session, partLine(session.source, channelOf(membership.room.record), reason), left)]
}

const topic: IrcCommand = {
  name: 'TOPIC',
  usage: 'TOPIC <channel> [:<topic>]',
  help: 'Shows the topic of a channel, or as an operator sets it; an empty one clears it.',
  least: 1,
  async run(context, { params: [channel = '', text] }) {
    const { chat, session } = context
    const room = await roomOfChannel(context, channel)
    if (text === undefined) {
      if (!isVisible(session, room)) throw new Refusal('not-in-room')
      return topicLines(context, room, true)
    }
    const membership = membershipIn(session, channel)
    const { state } = membership.room
    const wanted = plainText(text, IRC_LIMITS.topic)
    const isSet = clean(wanted) === (state.topic?.text ?? '')
    // A member that may not set it is told so in any case.
    if (!isSet || !isAtLeast(state.rankOf(session), 'operator'))
      await chat.moderation.settings.setTopic(membership, wanted)
    return NOTHING
  },
}

const names: IrcCommand = {
  name: 'NAMES',
  usage: 'NAMES <channel>{,<channel>}',
  help: 'Lists who is in channels.',
  least: 0,
  async run(context, { params: [list = ''] }) {
    const { reply } = context
    const channels = itemsOf(list)
    if (channels.length === 0) return [reply('RPL_ENDOFNAMES', '*')]
    const surplus = channels.slice(IRC_LIMITS.targets).map((channel) => reply('ERR_TOOMANYTARGETS', channel))
    const lines = channels.slice(0, IRC_LIMITS.targets).map(async (channel): Promise<Lines> => {
      const room = await findVisible(context, channel)
      return room ? namesLines(context, room) : [reply('RPL_ENDOFNAMES', channel)]
    })
    return [...(await Promise.all(lines)).flat(), ...surplus]
  },
}

const invite: IrcCommand = {
  name: 'INVITE',
  usage: 'INVITE [<nickname> <channel>]',
  help: 'Invites a user to a channel; alone it lists your invitations.',
  channelAt: 1,
  least: 0,
  async run(context, { params: [nick = '', channel = ''] }) {
    const { chat, session, reply } = context
    if (nick === '') return invitations(context)
    if (channel === '') return [reply('ERR_NEEDMOREPARAMS', 'INVITE')]
    const room = await roomOfChannel(context, channel)
    const membership = membershipIn(session, channel)
    const name = meantNick(nick)
    if (await chat.rooms.holds(room.id, name)) return [reply('ERR_USERONCHANNEL', nick, channel)]
    if (isName(name) && !(await chat.users.exists(name))) return [reply('ERR_NOSUCHNICK', nick)]
    const { state } = membership.room
    const isOperator = isAtLeast(state.rankOf(session), 'operator')
    // Into an open channel each member may invite (Modern).
    if (isOperator || state.mode('invite-only') !== undefined) await chat.moderation.roles.invite(membership, name)
    else chat.moderation.roles.commend(membership, name)
    return [reply('RPL_INVITING', nick, channelOf(room))]
  },
}

/** The channels to which the session has been invited, and which it may still enter by that. */
async function invitations({ chat, session, reply }: IrcContext): Promise<Lines> {
  const lines: string[] = []
  // One after the other: the states of many rooms at once would hold up others.
  for (const id of [...session.invitations.keys()]) {
    const room = await chat.rooms.find(id)
    if (!room || session.memberships.has(id)) continue
    const state = await chat.access.stateOf(room, session)
    if (state.isInvited(session)) lines.push(reply('RPL_INVITELIST', channelOf(room)))
  }
  return [...lines, reply('RPL_ENDOFINVITELIST')]
}

const kick: IrcCommand = {
  name: 'KICK',
  usage:
    'KICK <channel> <nickname>{,<nickname>} [:<reason>] | KICK <channel>{,<channel>} <nickname>{,<nickname>} [:<reason>]',
  help: 'Removes users from a channel, or each from one of as many channels, as an operator.',
  least: 2,
  async run(context, { params: [list = '', users = '', reason = ''] }) {
    const [channels, nicks] = [list.split(','), users.split(',')]
    const [only = ''] = channels
    if (channels.length > 1 && channels.length !== nicks.length) return [context.reply('ERR_NEEDMOREPARAMS', 'KICK')]
    const lines: string[] = []
    for (const [index, nick] of nicks.slice(0, IRC_LIMITS.targets).entries())
      lines.push(...(await expel(context, channels[index] ?? only, nick, plainText(reason, IRC_LIMITS.reason))))
    const surplus = nicks.slice(IRC_LIMITS.targets).filter((nick) => nick !== '')
    return [...lines, ...surplus.map((nick) => context.reply('ERR_TOOMANYTARGETS', nick))]
  },
}

function expel(context: IrcContext, channel: string, nick: string, reason: string): Promise<Lines> {
  const { chat, session, reply } = context
  const kick = async (): Promise<Lines> => {
    await roomOfChannel(context, channel)
    await chat.moderation.expulsion.kick(membershipIn(session, channel), meantNick(nick), reason)
    return NOTHING
  }
  return unlessRefused(kick(), (refusal) => {
    if (refusal.code === 'nobody-here') return [reply('ERR_USERNOTINCHANNEL', shownNick(nick), channel)]
    const why = isOperatorIn(session, channel) ? OUTRANKED : undefined
    return [refusedLine(refusal, reply, { channel, nick, why })]
  })
}

export const CHANNEL_COMMANDS: readonly IrcCommand[] = [join, part, topic, names, invite, kick]
