import { fold } from '../../../chat/names.ts'
import type { ListedRoom } from '../../../chat/room-lists.ts'
import type { IrcCommand, IrcContext } from '../command.ts'
import { IRC_LIMITS } from '../isupport.ts'
import { LongReply } from '../long-reply.ts'
import { fitting } from '../masks.ts'
import { itemsOf } from '../message.ts'
import { channelOf } from '../names.ts'

type Condition = (room: ListedRoom, names: readonly (readonly string[])[]) => boolean

/** Lists the channels that are named or fit one of the masks, and all of the other conditions. */
export const listCommand: IrcCommand = {
  name: 'LIST',
  usage: 'LIST [<condition>{,<condition>}]',
  help: 'Lists channels: #name, *mask*, !*mask*, >members or <members.',
  least: 0,
  async run(context, { params }) {
    const { chat, session, reply } = context
    const words = params.flatMap(itemsOf)
    const isShown = conditionOf(words.slice(0, IRC_LIMITS.conditions))
    const { lists } = chat.rooms
    const [ids, unlisted] = [await lists.ids(), await unlistedRooms(context)]
    const list = new LongReply(context)
    await list.add([reply('RPL_LISTSTART')])
    const add = async (room: ListedRoom) => {
      if (!isShown(room)) return
      await list.add([reply('RPL_LIST', nameOf(room), room.members, (room.topic ?? '').replaceAll('\n', ' '))])
    }
    for await (const id of chat.workTurns.each(session, ids)) {
      const room = lists.listed(id)
      // One that has been closed or hidden meanwhile is left out.
      if (room) await add(room)
    }
    for await (const room of chat.workTurns.each(session, unlisted)) await add(room)
    return [...list.rest(), reply('RPL_LISTEND')]
  },
}

/** The hidden rooms, and those with passwords, that the session is in. */
async function unlistedRooms({ chat, session }: IrcContext): Promise<ListedRoom[]> {
  const found = await Promise.all(Array.from(session.memberships.keys(), (id) => chat.rooms.find(id)))
  const hidden = found.flatMap((room) => (room && room.visibility !== 'public' ? [room] : []))
  if (hidden.length === 0) return []
  const counts = await chat.rooms.memberCounts()
  return hidden.map(({ id, slug, title }) => {
    const topic = session.memberships.get(id)?.room.state.topic?.text
    const shown = topic !== undefined && { topic }
    return { name: slug, title, members: counts.get(id) ?? 0, saidAt: 0, ...shown }
  })
}

function conditionOf(words: readonly string[]): (room: ListedRoom) => boolean {
  const masks: Condition[] = []
  const others: Condition[] = []
  for (const word of words) {
    const [, sign, bound] = /^([<>])(\d{1,9})$/.exec(word) ?? []
    const isExcept = word.startsWith('!')
    const fits = fitting(fold(isExcept ? word.slice(1) : word))
    if (bound !== undefined) others.push(({ members }) => (sign === '>' ? members > +bound : members < +bound))
    else if (isExcept) others.push((_, names) => !names.some(fits))
    else masks.push((_, names) => names.some(fits))
  }
  if (words.length === 0) return () => true
  return (room) => {
    // A channel is found by its slug too.
    const names = [nameOf(room), `#${room.name}`].map((name) => [...fold(name)])
    const holds = (condition: Condition) => condition(room, names)
    return others.every(holds) && (masks.length === 0 || masks.some(holds))
  }
}

function nameOf({ name: slug, title }: ListedRoom): string {
  return channelOf({ title, slug })
}
