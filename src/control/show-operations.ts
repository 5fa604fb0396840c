/** `roomd room list` and `show`, `roomd account list` and `show`. */
import type { Chat } from '../chat/chat.ts'
import { NOBODY } from '../chat/room-state.ts'
import { HASHED_KEY } from '../chat/secrets.ts'
import type { RoomRecord } from '../engine/engine.ts'
import type { ModeFlag } from '../engine/event.ts'
import type { AccountRecord } from '../engine/records.ts'
import { shownOnTerminal, shownTime } from './cells.ts'
import type { ControlOperation, ControlParameters, ControlReply } from './operation.ts'

/** Characters that are shown of the digest of a maker's address: enough to distinguish addresses. */
const SHOWN_ADDRESS = 8
/** Modes that a room shows; its record has the others. */
const SHOWN_MODES: readonly ModeFlag[] = ['moderated', 'invite-only', 'slow', 'limit', 'keep']

export const SHOW_OPERATIONS = {
  'room list': { usage: 'list', needs: [], run: listRooms },
  'room show': { usage: 'show NAME', needs: ['name'], run: showRoom },
  'account list': { usage: 'list', needs: [], run: listAccounts },
  'account show': { usage: 'show NAME', needs: ['name'], run: showAccount },
} satisfies Readonly<Record<string, ControlOperation>>

async function* listRooms({ rooms: directory }: Chat): AsyncGenerator<ControlReply> {
  const [rooms, counts] = await Promise.all([directory.all(), directory.memberCounts()])
  yield { row: ['NAME', 'MEMBERS', 'VISIBILITY', 'CREATED', 'MADE BY', 'TITLE'] }
  for (const room of rooms) {
    const { slug, visibility, createdAt, title } = room
    const members = counts.get(room.id) ?? 0
    const row = [slug, String(members), visibility, shownTime(createdAt), makerOf(room), shownOnTerminal(title)]
    yield { row, object: { ...roomFields(room), members } }
  }
  yield { done: '' }
}

async function* showRoom(chat: Chat, { name }: ControlParameters): AsyncGenerator<ControlReply> {
  const room = await chat.rooms.existing(name)
  const { id, slug, title, visibility, createdAt, hash } = room
  const [state, names] = await Promise.all([chat.access.stateOf(room, NOBODY), chat.rooms.inside(id)])
  const ranks = await chat.users.ranks(id, names)
  const members = names.map((nickname) => ({ nickname, rank: ranks.get(nickname) ?? 'member' }))
  const { topic } = state
  const owner = state.owner && ((await chat.users.seen(state.owner.key)) ?? state.owner.key)
  const modes = Object.fromEntries(
    SHOWN_MODES.flatMap((flag) => {
      const value = state.mode(flag)
      return value === undefined ? [] : [[flag, value === '' ? true : value]]
    }),
  )
  const object = {
    ...roomFields(room),
    password: hash !== undefined,
    ...(owner !== undefined && { owner }),
    ...(topic && { topic: { text: topic.text, by: topic.by, at: shownTime(topic.at) } }),
    modes,
    members,
  }
  const inside = members.map(({ nickname, rank }) => (rank === 'member' ? nickname : `${nickname} (${rank})`))
  yield { row: ['NAME', slug], object }
  yield* rowsOf([
    ['TITLE', title],
    ['VISIBILITY', visibility],
    ['PASSWORD', hash === undefined ? 'no' : 'yes'],
    ['CREATED', shownTime(createdAt)],
    ['MADE BY', makerOf(room)],
    ['OWNER', owner],
    ['TOPIC', topic && `${topic.text} (${topic.by})`],
    [
      'MODES',
      Object.entries(modes)
        .map(([flag, value]) => (value === true ? flag : `${flag} ${value}`))
        .join(', '),
    ],
    ['MEMBERS', inside.join(', ')],
  ])
}

async function* listAccounts({ administration }: Chat): AsyncGenerator<ControlReply> {
  yield { row: ['NAME', 'CREATED', 'OPENED WITH', 'MARKS'] }
  for await (const page of administration.accounts()) {
    for (const account of page) {
      const { name, createdAt } = account
      const row = [name, createdAt === undefined ? '-' : shownTime(createdAt), kindOf(account), marksOf(account) || '-']
      yield { row, object: accountFields(account) }
    }
  }
  yield { done: '' }
}

async function* showAccount(chat: Chat, { name: account }: ControlParameters): AsyncGenerator<ControlReply> {
  const record = await chat.administration.accountOf(account)
  const { name, createdAt } = record
  const owner = await chat.administration.ownerOf(name)
  const [{ sessions }, rooms, tokens] = await Promise.all([
    chat.users.sessions(name),
    chat.users.rooms(name),
    chat.tokens.list(owner),
  ])
  const object = {
    ...accountFields(record),
    admin: chat.admins.names(record),
    rooms: rooms.map(({ slug }) => slug),
    tokens: tokens.map((token) => token.name),
    sessions: sessions.map(({ id, protocol, address, since, token }) => {
      return { id, protocol, address, since: shownTime(since), ...(token !== undefined && { token }) }
    }),
  }
  yield { row: ['NAME', name], object }
  yield* rowsOf([
    ['CREATED', createdAt === undefined ? undefined : shownTime(createdAt)],
    ['OPENED WITH', kindOf(record)],
    ['MARKS', marksOf({ ...record, admin: object.admin })],
    ['ROOMS', object.rooms.join(', ')],
    ['TOKENS', object.tokens.join(', ')],
    ...object.sessions.map(({ protocol, address, since, token }): Row => {
      return ['SESSION', `${protocol} ${address} since ${since}${token === undefined ? '' : ` by token ${token}`}`]
    }),
  ])
}

type Row = readonly [head: string, value: string | undefined]

/** Yields rows with `-` for what there is not, and the end. */
function* rowsOf(rows: readonly Row[]): Generator<ControlReply> {
  for (const [head, value] of rows) yield { row: [head, shownOnTerminal(value ?? '') || '-'] }
  yield { done: '' }
}

function roomFields({ slug, title, visibility, createdAt, maker }: RoomRecord) {
  const madeBy = maker && { ...(maker.name && { name: maker.name }), address: maker.address.slice(0, SHOWN_ADDRESS) }
  return { room: slug, title, visibility, createdAt: shownTime(createdAt), ...(madeBy && { madeBy }) }
}

function accountFields(account: AccountRecord) {
  const { name, createdAt, admin = false, bot = false } = account
  const created = createdAt !== undefined && { createdAt: shownTime(createdAt) }
  return { account: name, ...created, openedWith: kindOf(account), admin, bot }
}

function kindOf({ hash }: AccountRecord): 'key' | 'password' {
  return hash.startsWith(HASHED_KEY) ? 'key' : 'password'
}

function marksOf({ admin, bot }: AccountRecord): string {
  return [admin && 'admin', bot && 'bot'].filter(Boolean).join(' ')
}

/** Returns the nickname of the maker of a room, and the digest of its address. */
function makerOf({ maker }: RoomRecord): string {
  return maker ? `${maker.name ?? ''}@${maker.address.slice(0, SHOWN_ADDRESS)}` : '-'
}
