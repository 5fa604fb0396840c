import type { FastifyInstance } from 'fastify'
import type { HttpGround } from '../http/routes.ts'
import { GlobesError } from './errors.ts'
import type { Shared } from './options.ts'
import { findRoom, type InRoom } from './room.ts'
import { serverEvent } from './socket/wire.ts'
import { tokenOf } from './tokens.ts'

/** Maximum number of events in an answer. */
const MAX_EVENTS = 50

/** Adds `GET /chats/events/<id>`, a room's newest events (docs/protocols/globes.md, section 2.13). */
export function addHistory(app: FastifyInstance, { chat, tokens }: Shared, { askerOf }: HttpGround): void {
  app.get<InRoom>('/chats/events/:room', async (request) => {
    const { params, headers } = request
    const room = await findRoom(chat.rooms, params.room)
    if (room.visibility !== 'public' && (await tokens.read(room, tokenOf(headers))) === undefined) {
      throw new GlobesError(403, 'token')
    }
    const events = await chat.messages.recent(room.id, MAX_EVENTS, askerOf(request))
    const shown = events.map(serverEvent).filter((event) => event !== undefined)
    const data = shown.map((event) => ({ color: '', verified: false, ...event }))
    return { status: true, data }
  })
}
