import type { FastifyInstance } from 'fastify'
import type { RoomsApiContext } from './context.ts'
import { apiEvent } from './event.ts'
import { Problem } from './problems.ts'
import { DELETE_PARAMETERS } from './schemas.ts'
import { checkedQuery } from './validation.ts'

/** Adds the request that deletes a message (docs/protocols/rooms-api.md, section 2.4). */
export function addRemoval(app: FastifyInstance, context: RoomsApiContext): void {
  app.delete<{ Params: { room: string; id: string } }>('/rooms/:room/messages/:id', async (request) => {
    const caller = await context.authorization.authorize(request, 'write')
    const { why } = await checkedQuery(DELETE_PARAMETERS, request.query)
    const { room: slug, id } = request.params
    if (!/^\d{1,16}$/.test(id)) throw new Problem(404, 'message-unknown', 'No such message')
    const { author, room } = await context.authorization.visit(caller, slug)
    const event = await context.chat.moderation.redaction.redact({ session: author, room }, Number(id), why)
    return apiEvent(event, room.record.slug)
  })
}
