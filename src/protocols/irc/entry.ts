import type { Room } from '../../chat/session.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { Event } from '../../engine/event.ts'
import { type ChannelContext, type IrcContext, NOTHING } from './command.ts'
import { joinLine, partLine } from './events.ts'
import { LongReply } from './long-reply.ts'
import type { Lines } from './message.ts'
import { channelOf, isSameChannel } from './names.ts'
import { unlessRefused } from './refusals.ts'
import { addReplay } from './replay.ts'
import { namesLines, topicLines } from './rooms.ts'
import { isBotHere } from './session.ts'
import { ownLine, withTags } from './tags.ts'

/** Makes the session a member of a room, see {@link Chat.join}, and sends its JOIN and the lines behind it. Resolves with the last ones. @throws Refusal */
export async function enter(context: IrcContext, which: number | string, unlocked?: RoomRecord): Promise<Lines> {
  const { chat, session } = context
  const { room, since, at } = await chat.join(session, which, { unlocked })
  const { record } = room
  // Events of the room may follow at once.
  // A further session of a user has no event of its own.
  context.tell([ownJoin(context, record, at === undefined ? undefined : { id: since, at })])
  const reply = new LongReply(context)
  await addDescription(context, record, reply)
  await addReplay(context, room, reply)
  return reply.rest()
}

/**
 * Tells a client that a channel has another name than `former`: it is shown out of the one and in the other (IRCv3, "draft/channel-rename",
 * fallback). Returns a step that shows it topic and names.
 */
export function showRetitled(
  context: ChannelContext,
  room: Room,
  former: string,
  record = room.record,
): () => Promise<void> {
  const { session } = context
  const channel = channelOf(record)
  const parting = partLine(session.source, former, `The channel is ${channel} now`)
  context.tell([ownLine(session, parting), ownJoin(context, record)])
  return async () => {
    // The client may have left meanwhile, and the name may be another one again.
    const isCurrent = () =>
      session.memberships.get(room.record.id)?.room === room && isSameChannel(channelOf(room.record), channel)
    if (!isCurrent()) return
    const reply = new LongReply(context)
    await addDescription(context, room.record, reply)
    if (isCurrent()) context.tell(reply.rest())
  }
}

/** Adds topic and names of a room, as they follow a JOIN. */
async function addDescription(context: ChannelContext, record: RoomRecord, reply: LongReply): Promise<void> {
  const { chat, session } = context
  await reply.add(await topicLines(context, record, false))
  const isBrief = session.caps.has('no-implicit-names') || session.caps.has('draft/no-implicit-names')
  const names = isBrief ? [] : await namesLines(context, record)
  // Also where the client is not told: it will ask.
  if (session.gone.size > 0) session.gone.listed(await chat.rooms.inside(record.id), record.id)
  await reply.add(names)
}

/** Returns the JOIN of a session, with the tags of its event where others are told of it. */
function ownJoin(context: ChannelContext, room: RoomRecord, joined?: Pick<Event, 'id' | 'at'>): string {
  const { session } = context
  return ownLine(session, shownJoin(context, room, session.name, session.registered), joined)
}

/** Returns the JOIN of a user, as far as the session's client has asked for. */
function shownJoin(
  { session, options: { users } }: ChannelContext,
  room: RoomRecord,
  name: string,
  verified: boolean,
): string {
  const author = { source: users.sourceOf(name, verified), details: users.detailsOf(name) }
  const event = { from: name, ...(verified && { verified }) }
  return joinLine(event, author, channelOf(room), session.caps.has('extended-join'))
}

/** Shows a session that has become another account's where its former account still is: its client has been told that this has got another nickname. */
export async function showFormer(context: IrcContext, name: string): Promise<void> {
  const { chat, session } = context
  const from = { name, verified: true, isBot: isBotHere(chat, name) }
  for (const { room } of [...session.memberships.values()])
    if (await unlessRefused(chat.rooms.holds(room.record.id, name), () => false)) {
      session.gone.listed([name], room.record.id)
      context.tell([withTags(session, shownJoin(context, room.record, name, true), { from })])
    }
}

/** Enters the rooms that other sessions of the account are in, as far as the session may; those have shown their passwords. */
export async function followAccount(context: IrcContext): Promise<void> {
  const { chat, session } = context
  for (const room of await unlessRefused(chat.users.rooms(session.name), () => [])) {
    if (session.closed) return
    context.tell(await unlessRefused(enter(context, room.id, room), () => NOTHING))
    await context.drained()
  }
}
