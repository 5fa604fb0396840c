import type { FastifyInstance } from 'fastify'
import type { RoomPath, RoomsApiContext } from './context.ts'

/** Adds `GET /rooms/<room>/members` (docs/protocols/rooms-api.md, section 2.4). */
export function addMembers(app: FastifyInstance, context: RoomsApiContext): void {
  const { chat } = context
  app.get<RoomPath>('/rooms/:room/members', async (request) => {
    const caller = await context.authorize(request, 'read')
    const { id } = await context.readableRoom(caller, request.params.room)
    const names = await chat.rooms.inside(id)
    const ranks = await chat.ranks(id, names)
    return names.map((name) => ({ name, rank: ranks.get(name) ?? 'member' }))
  })
}
