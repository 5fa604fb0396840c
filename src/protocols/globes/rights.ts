import type { FastifyRequest } from 'fastify'
import { LOBBY } from '../../chat/chat.ts'
import type { Proof } from '../../chat/credentials.ts'
import { isAtLeast, NOBODY } from '../../chat/room-state.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { readBasic } from '../../transport/http/basic.ts'
import { GlobesError } from './errors.ts'
import { findLoginByToken } from './logins.ts'
import type { GlobesContext } from './options.ts'
import { refuseGuess } from './refusals.ts'
import { roomTokenOf } from './tokens.ts'

export interface Right {
  /** Its reason, for the log. */
  readonly by: string
  /** The account that has it by its rank. */
  readonly proof?: Proof
}

/**
 * Returns the right of a request to change or delete a room (docs/protocols/globes.md, sections 2.3 to 2.5). Rooms with an owner or
 * operators are changed by accounts of a rank of at least `least`, and by no others.
 *
 * @throws {GlobesError} 403 for a missing token, else 104
 */
export async function rightTo(
  shared: GlobesContext,
  room: RoomRecord,
  request: FastifyRequest,
  least: 'operator' | 'owner',
): Promise<Right> {
  const { chat, publicRooms, requests } = shared
  const isPublic = room.hash === undefined
  if (isPublic && publicRooms === 'closed') throw new GlobesError(104)
  const state = await chat.access.stateOf(room, NOBODY)
  const published = state.isGoverned ? undefined : await findPublished(shared, room, request)
  if (published !== undefined) return { by: published }
  const proof = await findAccount(shared, request)
  if (proof) {
    const rank = state.rankOf(await chat.access.identify(proof, requests.addressOf(request)))
    if (isAtLeast(rank, state.isGoverned ? least : 'admin')) return { by: `${rank} ${proof.name}`, proof }
  }
  throw isPublic || state.isGoverned ? new GlobesError(104) : new GlobesError(403, 'token')
}

/** Returns the reason why a request may change a room by the published rules; undefined where only an admin may. */
async function findPublished(
  { chat, tokens, publicRooms, requests }: GlobesContext,
  room: RoomRecord,
  request: FastifyRequest,
): Promise<string | undefined> {
  if (room.hash !== undefined) {
    const name = await tokens.read(room, roomTokenOf(request.headers))
    return name === undefined ? undefined : `token of ${name}`
  }
  if (publicRooms === 'open') return 'anybody'
  const isCreator = room.id !== LOBBY && (await chat.makers.mayUndo(room, requests.addressOf(request)))
  return isCreator ? 'creator' : undefined
}

/** Returns the account of a request by its password or token. The cookie does not count, as a page can send it (CSRF). */
async function findAccount(shared: GlobesContext, request: FastifyRequest): Promise<Proof | undefined> {
  const { chat, requests } = shared
  const basic = readBasic(request.headers.authorization)
  if (!basic) return (await findLoginByToken(shared, request))?.proof
  return chat.accounts
    .authenticate(basic.name, basic.password, requests.addressOf(request))
    .catch((error) => refuseGuess(error, 104))
}
