import type { FastifyInstance } from 'fastify'
import type { GlobesContext } from './options.ts'
import { passTo } from './passes.ts'
import { findRoom, type InRoom } from './room.ts'
import { serverEvent } from './socket/wire.ts'

/** Maximum events in a response. */
const MAX_EVENTS = 50

/** Adds `GET /chats/events/<id>`, a room's newest events (docs/protocols/globes.md, section 2.13). */
export function addHistory(app: FastifyInstance, shared: GlobesContext): void {
  const { chat, requests } = shared
  app.get<InRoom>('/chats/events/:room', async (request) => {
    const room = await findRoom(chat.rooms, request.params.room)
    await passTo(shared, room, request)
    const events = await chat.reading.newest(requests.askerOf(request), room, MAX_EVENTS)
    const shown = events.map(serverEvent).filter((event) => event !== undefined)
    const data = shown.map((event) => ({ color: '', verified: false, ...event }))
    return { status: true, data }
  })
}
