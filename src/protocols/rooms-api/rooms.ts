import type { FastifyInstance } from 'fastify'
import { checkScope, isInScope } from '../../chat/token-scope.ts'
import type { Caller } from './caller.ts'
import type { RoomPath, RoomsApiContext } from './context.ts'
import { isoOf } from './event.ts'
import { type ApiListedRoom, type ApiMembers, type ApiRoom, NO_PARAMETERS, ROOMS_PARAMETERS } from './schemas.ts'
import { checkedQuery } from './validation.ts'

/** Adds the requests that list, make, show and close rooms (docs/protocols/rooms-api.md, section 2.1). */
export function addRoomRequests(app: FastifyInstance, context: RoomsApiContext): void {
  const { chat } = context

  app.get('/rooms', async (request): Promise<ApiListedRoom[]> => {
    const { author } = await context.authorization.authorize(request, 'read')
    const { q, limit = 1_000 } = await checkedQuery(ROOMS_PARAMETERS, request.query)
    const listed = await (q === undefined ? chat.rooms.lists.all() : chat.rooms.lists.matching(q))
    const visible = listed.filter(({ name }) => !author?.scope || isInScope(author.scope, 'read', name))
    return visible.slice(0, limit).map(({ name, title, topic, members, saidAt }) => ({
      room: name,
      title,
      ...(topic !== undefined && { topic }),
      members,
      ...(saidAt > 0 && { saidAt: isoOf(saidAt) }),
    }))
  })

  const show = async (caller: Caller, slug: string): Promise<ApiRoom> => {
    const room = await context.authorization.readableRoom(caller, slug)
    const [state, members] = await Promise.all([chat.access.stateOf(room, caller.identity), chat.rooms.inside(room.id)])
    const { topic } = state
    const slow = state.mode('slow')
    const limit = state.mode('limit')
    const keepDays = state.mode('keep')
    return {
      room: room.slug,
      title: room.title,
      visibility: room.visibility,
      createdAt: isoOf(room.createdAt),
      members: members.length,
      ...(topic && { topic: { text: topic.text, by: topic.by, at: isoOf(topic.at) } }),
      modes: {
        ...(state.mode('moderated') !== undefined && { moderated: true as const }),
        ...(state.mode('invite-only') !== undefined && { inviteOnly: true as const }),
        ...(slow !== undefined && { slow: Number(slow) }),
        ...(limit !== undefined && { limit: Number(limit) }),
        ...(keepDays !== undefined && { keepDays: Number(keepDays) }),
      },
      rank: state.rankOf(caller.identity),
    }
  }

  app.get<RoomPath>('/rooms/:room', async (request) => {
    const caller = await context.authorization.authorize(request, 'read')
    await checkedQuery(NO_PARAMETERS, request.query)
    return show(caller, request.params.room)
  })

  app.put<RoomPath>('/rooms/:room', async (request, reply) => {
    const caller = await context.authorization.authorize(request, 'write')
    await checkedQuery(NO_PARAMETERS, request.query)
    // Checked before a room is made, as the reply shows the room.
    checkScope(caller.author, 'read', request.params.room)
    const { record, founds } = await chat.posting.open(caller.author, request.params.room)
    reply.code(founds ? 201 : 200).header('Location', `/rooms/${record.slug}`)
    return show(caller, record.slug)
  })

  app.delete<RoomPath>('/rooms/:room', async (request, reply) => {
    const caller = await context.authorization.authorize(request, 'write')
    await checkedQuery(NO_PARAMETERS, request.query)
    const { author, room } = await context.authorization.visit(caller, request.params.room)
    await chat.moderation.settings.close({ session: author, room })
    return reply.code(204).send()
  })

  app.get<RoomPath>('/rooms/:room/members', async (request): Promise<ApiMembers> => {
    const caller = await context.authorization.authorize(request, 'read')
    await checkedQuery(NO_PARAMETERS, request.query)
    const { id } = await context.authorization.readableRoom(caller, request.params.room)
    const names = await chat.rooms.inside(id)
    const ranks = await chat.users.ranks(id, names)
    return names.map((name) => ({ name, rank: ranks.get(name) ?? 'member' }))
  })
}
