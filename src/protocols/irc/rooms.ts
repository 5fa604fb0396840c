import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import { isAtLeast, type Rank } from '../../chat/room-state.ts'
import type { Membership } from '../../chat/session.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { ChannelContext, IrcContext } from './command.ts'
import type { IrcUsers } from './irc-users.ts'
import { ircLine, type Lines, packed, spaceIn } from './message.ts'
import { channelOf, MAX_NICK_BYTES, roomNameOf, shownNick } from './names.ts'
import { numeric } from './numerics.ts'
import { IrcSession } from './session.ts'

/** Returns the membership in a channel. @throws Refusal `not-in-room`. */
export function membershipIn(session: IrcSession, channel: string): Membership {
  const membership = membershipOf(session, channel)
  if (!membership) throw new Refusal('not-in-room')
  return membership
}

export function isOperatorIn(session: IrcSession, channel: string): boolean {
  const membership = membershipOf(session, channel)
  return membership !== undefined && isAtLeast(membership.room.state.rankOf(session), 'operator')
}

function membershipOf(session: IrcSession, channel: string): Membership | undefined {
  const name = fold(roomNameOf(channel) ?? '')
  for (const membership of session.memberships.values()) {
    const { title, slug } = membership.room.record
    if (fold(title) === name || fold(slug) === name) return membership
  }
  return undefined
}

/** Returns the least bytes that a text to one of the targets of a list may have in a line, with the source of a session. */
export function spaceTo(session: IrcSession, list: string, command: string): number {
  const spaces = list.split(',').map((target) => {
    const membership = membershipOf(session, target)
    const shown = membership ? channelOf(membership.room.record) : target
    return spaceIn(ircLine(session.source, command, [shown, '']))
  })
  return Math.min(...spaces)
}

/** Finds the room of a channel that a session may see. @throws Refusal `unavailable`. */
export async function findVisible({ chat, session }: IrcContext, channel: string): Promise<RoomRecord | undefined> {
  const room = await find(chat, channel)
  return room && isVisible(session, room) ? room : undefined
}

/** Finds the room of a channel. @throws Refusal `room-unknown`, `unavailable`. */
export async function roomOfChannel({ chat }: IrcContext, channel: string): Promise<RoomRecord> {
  const room = await find(chat, channel)
  if (!room) throw new Refusal('room-unknown')
  return room
}

async function find(chat: Chat, channel: string): Promise<RoomRecord | undefined> {
  const name = roomNameOf(channel)
  return name === undefined ? undefined : chat.rooms.find(name)
}

/** Returns true if a session may see a room and who is in it. */
export function isVisible(session: IrcSession, { id, visibility }: RoomRecord): boolean {
  return visibility === 'public' || session.memberships.has(id) || session.isAdmin
}

export function prefixOf(rank: Rank | undefined): string {
  if (rank === undefined || rank === 'member') return ''
  return isAtLeast(rank, 'operator') ? '@' : '+'
}

export async function namesLines({ chat, session, reply, options }: ChannelContext, room: RoomRecord): Promise<Lines> {
  const channel = channelOf(room)
  const hasHosts = session.caps.has('userhost-in-names')
  const texts = await options.names.of(`${room.id} ${channel} ${hasHosts}`, () =>
    namesIn(chat, room, hasHosts ? options.users : undefined),
  )
  const symbol = room.visibility === 'hidden' ? '@' : '='
  const lines = texts.map((names) => reply('RPL_NAMREPLY', symbol, channel, names))
  return [...lines, reply('RPL_ENDOFNAMES', channel)]
}

/** Resolves with the nicknames of a room, with prefixes, as texts that fit into lines; with `users` as their sources. */
async function namesIn(chat: Chat, room: RoomRecord, users: IrcUsers | undefined): Promise<readonly string[]> {
  const members = await chat.rooms.inside(room.id)
  const ranks = await chat.users.ranks(room.id, members)
  const sources = users
    ? await Promise.all(members.map(async (name) => users.sourceOf(name, await chat.users.isOwner(name))))
    : members.map(shownNick)
  const maxBytes = spaceIn(numeric('x'.repeat(MAX_NICK_BYTES), 'RPL_NAMREPLY', '=', channelOf(room), ''))
  const words = members.map((name, index) => prefixOf(ranks.get(name)) + sources[index])
  return packed(words, maxBytes)
}

/** Returns the lines that tell the topic of a room; with `always` also that there is none. */
export async function topicLines(
  { chat, session, reply }: ChannelContext,
  room: RoomRecord,
  always: boolean,
): Promise<Lines> {
  const { topic } = await chat.access.stateOf(room, session)
  const channel = channelOf(room)
  if (!topic) return always ? [reply('RPL_NOTOPIC', channel)] : []
  const { text, by, at } = topic
  return [
    reply('RPL_TOPIC', channel, text.replaceAll('\n', ' ')),
    reply('RPL_TOPICWHOTIME', channel, shownNick(by), Math.floor(at / 1_000)),
  ]
}

/** Returns true for a user with the user mode `i` on this node who is in no channel of the session: masks do not find it, except for admins. */
export function isHidden({ chat, session }: Pick<IrcContext, 'chat' | 'session'>, name: string): boolean {
  const sessions = chat.users.here(name)
  if (session.isAdmin || !sessions.some((each) => each instanceof IrcSession && each.hasInvisibleMode)) return false
  const rooms = [...session.memberships.keys()]
  return !sessions.some(({ memberships }) => rooms.some((room) => memberships.has(room)))
}
