import type { FastifyRequest } from 'fastify'
import { LOBBY } from '../../chat/chat.ts'
import type { Proof } from '../../chat/credentials.ts'
import { isAtLeast, NOBODY } from '../../chat/room-state.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { readBasic } from '../../transport/http/basic.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { GlobesError } from './errors.ts'
import type { GlobesContext } from './options.ts'
import { refuseGuess } from './refusals.ts'
import { roomTokenOf } from './tokens.ts'

/** The right of a request to change a room. */
export interface Right {
  /** Its reason, for the log. */
  readonly by: string
  /** The account that has it by its rank. */
  readonly proof?: Proof
}

/**
 * Returns the check of the right of a request to change or delete a room (docs/protocols/globes.md, sections 2.3 to 2.5). Rooms with an owner or
 * operators are changed by accounts of a rank of at least `least`, and by no others. It throws a GlobesError 403 for a missing token, else 104.
 */
export function rightCheck(
  { chat, logins, tokens, publicRooms }: GlobesContext,
  requests: HttpServices['requests'],
): (room: RoomRecord, request: FastifyRequest, least: 'operator' | 'owner') => Promise<Right> {
  /** Returns the reason why a request may change a room by the published rules; undefined where only an admin may. */
  const findPublished = async (room: RoomRecord, request: FastifyRequest): Promise<string | undefined> => {
    if (room.hash !== undefined) {
      const name = await tokens.read(room, roomTokenOf(request.headers))
      return name === undefined ? undefined : `token of ${name}`
    }
    if (publicRooms === 'open') return 'anybody'
    const isCreator = room.id !== LOBBY && (await chat.makers.mayUndo(room, requests.addressOf(request)))
    return isCreator ? 'creator' : undefined
  }

  /** Returns the account of a request by its password or token. The cookie does not count, as a page can send it (CSRF). */
  const findAccount = async (request: FastifyRequest): Promise<Proof | undefined> => {
    const basic = readBasic(request.headers.authorization)
    if (!basic) return (await logins.findByToken(request))?.proof
    return chat.accounts
      .authenticate(basic.name, basic.password, requests.addressOf(request))
      .catch((error) => refuseGuess(error, 104))
  }

  return async (room, request, least) => {
    const isPublic = room.hash === undefined
    if (isPublic && publicRooms === 'closed') throw new GlobesError(104)
    const state = await chat.access.stateOf(room, NOBODY)
    const published = state.isGoverned ? undefined : await findPublished(room, request)
    if (published !== undefined) return { by: published }
    const proof = await findAccount(request)
    if (proof) {
      const rank = state.rankOf(await chat.access.identify(proof, requests.addressOf(request)))
      if (isAtLeast(rank, state.isGoverned ? least : 'admin')) return { by: `${rank} ${proof.name}`, proof }
    }
    throw isPublic || state.isGoverned ? new GlobesError(104) : new GlobesError(403, 'token')
  }
}
