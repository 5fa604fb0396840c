import type { FastifyRequest } from 'fastify'
import type { Proof } from '../../chat/credentials.ts'
import { fold } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import type { Identity } from '../../chat/sanctions.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { GlobesError } from './errors.ts'
import { findLogin } from './logins.ts'
import type { GlobesContext } from './options.ts'
import { roomTokenOf } from './tokens.ts'

/** The permission of a request to read a room. */
export interface GlobesPass {
  readonly room: RoomRecord
  /** The room if the request has its token, and with it the password. */
  readonly unlocked: RoomRecord | undefined
  /** Nickname of the room's token. */
  readonly username: string | undefined
  /** The account that the client is logged in to. */
  readonly proof: Proof | undefined
  readonly client: Identity
}

/**
 * Checks whether a request may read a room, by the token of the room, the login and the address.
 *
 * @throws {GlobesError} 403 without the token of a room with a password
 * @throws Refusal `banned`, `invite-only`, `unavailable`
 */
export async function passTo(context: GlobesContext, room: RoomRecord, request: FastifyRequest): Promise<GlobesPass> {
  const { chat, tokens } = context
  const username = await tokens.read(room, roomTokenOf(request.headers))
  if (username === undefined && room.hash !== undefined) throw new GlobesError(403, 'token')
  const { client, proof } = await clientOf(context, username, request)
  const unlocked = username === undefined ? undefined : room
  await chat.access.checkEntrant(client, room, unlocked)
  return { room, unlocked, username, proof, client }
}

/** Resolves with true if a request may read a room. @throws Refusal `unavailable`. */
export async function mayRead(context: GlobesContext, room: RoomRecord, request: FastifyRequest): Promise<boolean> {
  try {
    await passTo(context, room, request)
    return true
  } catch (error) {
    const isDenied = error instanceof GlobesError || (error instanceof Refusal && error.code !== 'unavailable')
    if (isDenied) return false
    throw error
  }
}

/**
 * Checks whether the sender of a request, who has shown the password of the room if it has one, may read the room under a nickname.
 * Resolves with true if that needs a token of the room.
 *
 * @throws Refusal `banned`, `invite-only`, `unavailable`
 */
export async function needsToken(
  context: GlobesContext,
  room: RoomRecord,
  name: string | undefined,
  request: FastifyRequest,
): Promise<boolean> {
  const { client } = await clientOf(context, name, request)
  const state = await context.chat.access.checkEntrant(client, room, room)
  return room.hash !== undefined || state.mode('invite-only') !== undefined
}

/** Identifies the client of a request under a nickname. One that is logged in may also have the nickname of a guest. */
async function clientOf(context: GlobesContext, name: string | undefined, request: FastifyRequest) {
  const proof = (await findLogin(context, request))?.proof
  const isOwner = proof !== undefined && (name === undefined || fold(name) === fold(proof.name))
  const { chat, requests } = context
  return { proof, client: await chat.access.identify(isOwner ? proof : (name ?? ''), requests.addressOf(request)) }
}
