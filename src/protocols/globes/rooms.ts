import type { FastifyInstance } from 'fastify'
import { LOBBY } from '../../chat/chat.ts'
import { Passwords } from '../../chat/passwords.ts'
import { NOBODY } from '../../chat/room-state.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { textsOf } from './body.ts'
import { checkDescription } from './description.ts'
import { GlobesError } from './errors.ts'
import type { GlobesContext } from './options.ts'
import { mayRead } from './passes.ts'
import { rightTo } from './rights.ts'
import { findRoom, type InRoom, showRoom } from './room.ts'

/** Adds the routes that create, show, change and delete rooms (docs/protocols/globes.md, sections 2.1 to 2.5). */
export function addRooms(app: FastifyInstance, shared: GlobesContext): void {
  const { chat, requests, log } = shared
  const { rooms } = chat

  /** Returns a room that is not public as it is shown without a token: its topic, which the description repeats, is for readers only. */
  const withoutTopic = async (room: RoomRecord) => {
    if (room.description === '') return room
    const { topic } = await chat.access.stateOf(room, NOBODY)
    return topic ? { ...room, description: '' } : room
  }

  app.post('/chats', async (request, reply) => {
    const { password, ...texts } = textsOf(request.body, 'title', 'description', 'visibility', 'password')
    const state = password === '' ? 'none' : Passwords.fits(password) ? 'fit' : 'unfit'
    const description = checkDescription(texts, state)
    const room = await rooms.create(description, { password, address: requests.addressOf(request) })
    const shown = await showRoom(chat, room, true)
    // One browser client reads the fields of the room, the other one `status` and `data`.
    return reply.code(201).send({ ...shown, status: true, data: shown })
  })

  app.get<InRoom>('/chats/:room', async (request) => {
    const room = await findRoom(rooms, request.params.room)
    const isEntitled = room.hash !== undefined && (await mayRead(shared, room, request))
    const shown = room.visibility === 'public' || isEntitled ? room : await withoutTopic(room)
    return showRoom(chat, shown, isEntitled)
  })

  app.put<InRoom>('/chats/:room', async (request) => {
    const room = await findRoom(rooms, request.params.room)
    const { proof } = await rightTo(shared, room, request, 'operator')
    const texts = textsOf(request.body, 'title', 'description', 'visibility')
    const description = checkDescription(texts, room.hash === undefined ? 'none' : 'fit')
    if (!proof) return showRoom(chat, await rooms.change(room.id, description), true)
    const author = await chat.authors.identify(proof, requests.askerOf(request), 'globes')
    const standing = await chat.posting.govern(author, room)
    return showRoom(chat, await chat.moderation.settings.change(standing, room, description), true)
  })

  app.delete<InRoom>('/chats/:room', async (request) => {
    const room = await findRoom(rooms, request.params.room)
    const { by } = await rightTo(shared, room, request, 'owner')
    if (room.id === LOBBY) throw new GlobesError(104)
    await rooms.close(room.id)
    log.info({ room: room.id, title: room.title, address: requests.clientOf(request).full, by }, 'room deleted')
    return { status: true }
  })
}
