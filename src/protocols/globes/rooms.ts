import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LOBBY } from '../../chat/chat.ts'
import { Passwords } from '../../chat/passwords.ts'
import { Refusal } from '../../chat/refusal.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { HttpGround } from '../http/routes.ts'
import { checkDescription, type Password, textsOf } from './description.ts'
import { GlobesError } from './errors.ts'
import type { Shared } from './options.ts'
import { findRoom, type InRoom, showRoom } from './room.ts'
import { tokenOf } from './tokens.ts'

/** Rooms are made, shown, changed and deleted (protocols/globes.md, 2.1 to 2.5). */
export function addRooms(app: FastifyInstance, { chat, tokens, publicRooms }: Shared, { addressOf }: HttpGround): void {
  const { directory } = chat

  const isEntitled = async (room: RoomRecord, { headers }: FastifyRequest) =>
    (await tokens.read(room, tokenOf(headers))) !== undefined

  /** Nobody's room is changed by somebody who could not enter it, or while others are talking in it. */
  const checkRight = async (room: RoomRecord, request: FastifyRequest) => {
    if (room.visibility !== 'public') {
      if (!(await isEntitled(room, request))) throw new GlobesError(403, 'token')
      return
    }
    if (publicRooms === 'open') return
    if (publicRooms === 'closed' || room.id === LOBBY || (await directory.inside(room.id)).length > 0)
      throw new GlobesError(104)
  }

  app.post('/chats', async (request, reply) => {
    const { password, ...texts } = textsOf(request.body, 'title', 'description', 'visibility', 'password')
    const description = checkDescription(texts, judge(password))
    const room = await directory.create(description, { password, address: addressOf(request) }).catch(refuse)
    const shown = await showRoom(directory, room, true)
    // One browser client reads the members of the room, the other one `status` and `data`.
    return reply.code(201).send({ ...shown, status: true, data: shown })
  })

  app.get<InRoom>('/chats/:room', async (request) => {
    const room = await findRoom(directory, request.params.room)
    return showRoom(directory, room, room.visibility !== 'public' && (await isEntitled(room, request)))
  })

  app.put<InRoom>('/chats/:room', async (request) => {
    const room = await findRoom(directory, request.params.room)
    await checkRight(room, request)
    const texts = textsOf(request.body, 'title', 'description', 'visibility')
    const description = checkDescription(texts, room.visibility === 'public' ? 'none' : 'fit')
    const changed = await directory.change(room.id, description).catch((error) => refuse(error, request.params.room))
    return showRoom(directory, changed, true)
  })

  app.delete<InRoom>('/chats/:room', async (request) => {
    const room = await findRoom(directory, request.params.room)
    await checkRight(room, request)
    if (room.id === LOBBY) throw new GlobesError(104)
    await directory.close(room.id).catch((error) => refuse(error, request.params.room))
    return { status: true }
  })
}

function judge(password: string): Password {
  if (password === '') return 'none'
  return Passwords.fits(password) ? 'fit' : 'unfit'
}

/** What of the core's refusals is answered here; `which` is the room that was asked for. */
function refuse(error: unknown, which?: string): never {
  if (error instanceof Refusal) {
    if (error.reason === 'room-taken') throw new GlobesError(102, 'title')
    if (error.reason === 'too-many-rooms') throw new GlobesError(106)
    if (error.reason === 'too-many-attempts') throw new GlobesError(106, undefined, 429)
    if (error.reason === 'room-unknown') throw new GlobesError(101, which)
  }
  throw error
}
