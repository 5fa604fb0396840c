import type { Chat } from '../chat/chat.ts'
import { NICKNAME_WORDS, SLUG_WORDS } from '../chat/names.ts'
import { Refusal } from '../chat/refusal.ts'
import { LOBBY_ROOM } from '../engine/lobby.ts'
import { shownOnTerminal, shownTime } from './cells.ts'
import type { ControlOperation, ControlParameters, ControlReply } from './operation.ts'
import { SHOW_OPERATIONS } from './show-operations.ts'
import { TOKEN_OPERATIONS } from './token-operations.ts'

type Replies = AsyncGenerator<ControlReply>

/** The operations that operators can ask for, by command and action. */
export const CONTROL_OPERATIONS = {
  ...SHOW_OPERATIONS,
  'room close': { usage: 'close NAME', needs: ['name'], run: closeRoom },
  'room owner': { usage: 'owner NAME ACCOUNT', needs: ['name', 'account'], run: giveRoom },
  'account add': { usage: 'add NAME', needs: ['name', 'password'], run: addAccount },
  'account remove': { usage: 'remove NAME', needs: ['name'], run: removeAccount },
  'account password': { usage: 'password NAME', needs: ['name', 'password'], run: setPassword },
  'account mark': { usage: 'NAME --admin, NAME --bot', needs: ['name'], run: markAccount },
  'address list': { usage: 'list', needs: [], run: listAddressBans },
  'address remove': { usage: 'remove NETWORK', needs: ['name'], run: removeAddressBan },
  ...TOKEN_OPERATIONS,
} satisfies Readonly<Record<string, ControlOperation>>

/** A request of the operator, with the parameters that its operation needs. */
export type ControlRequest = { readonly action: keyof typeof CONTROL_OPERATIONS } & Partial<ControlParameters>

/** Runs a request. A refusal is a `failed` reply; other errors reject. */
export async function* carryOut(chat: Chat, request: ControlRequest): Replies {
  try {
    yield* CONTROL_OPERATIONS[request.action].run(chat, {
      name: '',
      account: '',
      password: '',
      token: '',
      ...request,
    })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    yield { failed: failureText(error, request) }
  }
}

async function* closeRoom(chat: Chat, { name }: ControlParameters): Replies {
  const room = await chat.rooms.existing(name)
  if (room.id === LOBBY_ROOM.id) return yield { failed: 'the lobby cannot be closed' }
  await chat.administration.closeRoom(room)
  yield { done: `closed room ${room.slug}` }
}

async function* giveRoom(chat: Chat, { name, account }: ControlParameters): Replies {
  const room = await chat.rooms.existing(name)
  if (room.id === LOBBY_ROOM.id) return yield { failed: 'the lobby has no owner' }
  yield { done: `${await chat.administration.giveRoom(room, account)} owns room ${room.slug}` }
}

async function* addAccount({ administration }: Chat, { name, password }: ControlParameters): Replies {
  await administration.addAccount(name, password)
  yield { done: `added account ${name}` }
}

async function* removeAccount({ administration, admins }: Chat, { name: account }: ControlParameters): Replies {
  const name = await administration.removeAccount(account)
  if (admins.names({ name })) {
    yield { warning: `--admins names ${name}: the user who registers the name becomes admin` }
  }
  yield { done: `removed account ${name}` }
}

async function* markAccount({ administration }: Chat, { name, admin, bot }: ControlParameters): Replies {
  yield { done: `marked account ${await administration.markAccount(name, { admin, bot })}` }
}

async function* setPassword({ administration }: Chat, { name, password }: ControlParameters): Replies {
  yield { done: `changed the password of ${await administration.setPassword(name, password)}` }
}

async function* listAddressBans({ addressBans }: Chat): Replies {
  yield { row: ['NETWORK', 'BANNED', 'UNTIL', 'BY', 'REASON'] }
  for (const { network, at, until, by, why } of await addressBans.all()) {
    const end = until === undefined ? undefined : shownTime(until)
    yield {
      row: [network, shownTime(at), end ?? '-', by, shownOnTerminal(why) || '-'],
      object: { network, at: shownTime(at), ...(end !== undefined && { until: end }), by, reason: why },
    }
  }
  yield { done: '' }
}

async function* removeAddressBan({ addressBans }: Chat, { name }: ControlParameters): Replies {
  const network = await addressBans.remove(name)
  yield network === undefined ? { failed: `${name} is not banned` } : { done: `no longer banned: ${network}` }
}

function failureText({ code, bound }: Refusal, { name = '', account = name, token = '' }: ControlRequest): string {
  switch (code) {
    case 'room-unknown':
      return `there is no room ${name}`
    case 'name-unknown':
      return `there is no account ${account}`
    case 'name-invalid':
      return `a nickname has ${NICKNAME_WORDS}`
    case 'name-taken':
      return `there is an account ${name} already`
    case 'name-reserved':
      return `${name} is reserved, looks like the name of an account, or was one in the last 30 days`
    case 'name-in-use':
      return `a guest uses ${name}, or a name that looks like it, now`
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
