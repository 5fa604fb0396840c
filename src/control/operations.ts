import { type Chat, LOBBY } from '../chat/chat.ts'
import type { AccountMarks } from '../chat/credentials.ts'
import { fold, SLUG_WORDS } from '../chat/names.ts'
import { Refusal } from '../chat/refusal.ts'
import { HASHED_KEY } from '../chat/secrets.ts'
import type { RoomRecord } from '../engine/engine.ts'
import { shownOnTerminal, shownTime } from './cells.ts'
import type { ControlReply } from './reply.ts'
import { operateTokens, type TokenControlRequest } from './token-operations.ts'

/** A request of the operator. */
export type ControlRequest =
  | { readonly action: 'room list' | 'account list' | 'address list' }
  | { readonly action: 'room close' | 'account remove' | 'address remove'; readonly name: string }
  | ({ readonly action: 'account mark'; readonly name: string } & AccountMarks)
  | TokenControlRequest
  | { readonly action: 'account password'; readonly name: string; readonly password: string }

/** Context of the operations. */
export interface OperationContext {
  readonly chat: Chat
  /** Nicknames of the admins' accounts. */
  readonly admins: readonly string[]
}

/** Characters that are shown of the digest of a creator's address: enough to distinguish addresses. */
const SHOWN_ADDRESS = 8

/** Runs a request. A refusal is a `failed` reply; other errors reject. */
export async function* carryOut(operated: OperationContext, request: ControlRequest): AsyncGenerator<ControlReply> {
  try {
    yield* operationOf(operated, request)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    yield { failed: failureText(error, request) }
  }
}

function operationOf({ chat, admins }: OperationContext, request: ControlRequest): AsyncGenerator<ControlReply> {
  switch (request.action) {
    case 'room list':
      return listRooms(chat)
    case 'room close':
      return closeRoom(chat, request.name)
    case 'account list':
      return listAccounts(chat)
    case 'account remove':
      return removeAccount(chat, request.name, admins)
    case 'address list':
      return listAddressBans(chat)
    case 'address remove':
      return removeAddressBan(chat, request.name)
    case 'account mark':
      return markAccount(chat, request.name, request)
    case 'account password':
      return setPassword(chat, request.name, request.password)
    case 'token create':
    case 'token list':
    case 'token revoke':
      return operateTokens(chat, request)
  }
}

async function* listRooms({ rooms: directory }: Chat): AsyncGenerator<ControlReply> {
  const [rooms, counts] = await Promise.all([directory.all(), directory.memberCounts()])
  yield { row: ['NAME', 'MEMBERS', 'VISIBILITY', 'CREATED', 'MADE BY', 'TITLE'] }
  for (const room of rooms) {
    const { id, slug, visibility, createdAt, title } = room
    yield {
      row: [slug, String(counts.get(id) ?? 0), visibility, shownTime(createdAt), makerOf(room), shownOnTerminal(title)],
    }
  }
  yield { done: '' }
}

async function* closeRoom(chat: Chat, name: string): AsyncGenerator<ControlReply> {
  const room = await chat.rooms.find(name)
  if (!room) throw new Refusal('room-unknown')
  if (room.id === LOBBY) return yield { failed: 'the lobby cannot be closed' }
  await chat.administration.closeRoom(room)
  yield { done: `closed room ${room.slug}` }
}

async function* listAccounts({ administration }: Chat): AsyncGenerator<ControlReply> {
  yield { row: ['NAME', 'CREATED', 'OPENED WITH', 'MARKS'] }
  for await (const page of administration.accounts()) {
    for (const { name, hash, createdAt, admin, bot } of page) {
      const kind = hash.startsWith(HASHED_KEY) ? 'key' : 'password'
      const marks = [admin && 'admin', bot && 'bot'].filter(Boolean).join(' ')
      yield { row: [name, createdAt === undefined ? '-' : shownTime(createdAt), kind, marks || '-'] }
    }
  }
  yield { done: '' }
}

async function* removeAccount({ administration }: Chat, account: string, admins: readonly string[]) {
  const name = await administration.removeAccount(account)
  if (admins.some((admin) => fold(admin) === fold(name))) {
    yield { warning: `--admins names ${name}: the user who registers the name becomes admin` }
  }
  yield { done: `removed account ${name}` }
}

async function* markAccount({ administration }: Chat, account: string, { admin, bot }: AccountMarks) {
  yield { done: `marked account ${await administration.markAccount(account, { admin, bot })}` }
}

async function* setPassword({ administration }: Chat, account: string, password: string) {
  yield { done: `changed the password of ${await administration.setPassword(account, password)}` }
}

async function* listAddressBans({ addressBans }: Chat): AsyncGenerator<ControlReply> {
  yield { row: ['NETWORK', 'BANNED', 'UNTIL', 'BY', 'REASON'] }
  for (const { network, at, until, by, why } of await addressBans.all()) {
    yield {
      row: [network, shownTime(at), until === undefined ? '-' : shownTime(until), by, shownOnTerminal(why) || '-'],
    }
  }
  yield { done: '' }
}

async function* removeAddressBan({ addressBans }: Chat, text: string): AsyncGenerator<ControlReply> {
  const network = await addressBans.remove(text)
  yield network === undefined ? { failed: `${text} is not banned` } : { done: `no longer banned: ${network}` }
}

/** Returns the nickname of the creator of a room, and the digest of its address. */
function makerOf({ maker }: RoomRecord): string {
  return maker ? `${maker.name ?? ''}@${maker.address.slice(0, SHOWN_ADDRESS)}` : '-'
}

function failureText({ code, bound }: Refusal, request: ControlRequest): string {
  const name = 'name' in request ? request.name : ''
  const token = 'token' in request ? request.token : ''
  switch (code) {
    case 'room-unknown':
      return `there is no room ${name}`
    case 'name-unknown':
      return `there is no account ${name}`
    case 'secret-invalid':
      return 'a password has 8 to 128 characters'
    case 'invalid-network':
      return `${name} is no address and no network`
    case 'token-taken':
      return `${name} has a token ${token} already`
    case 'token-unknown':
      return `${name} has no token ${token}`
    case 'token-invalid':
      return 'a token has a name of letters, digits, dots, - and _, a right, and at most 100 rooms'
    case 'too-many-tokens':
      return `${name} has ${bound} tokens already`
    case 'room-name-invalid':
      return `a room name has ${SLUG_WORDS}`
    case 'unavailable':
      return 'the store cannot be used now; try again later'
    default:
      return `refused: ${code}`
  }
}
