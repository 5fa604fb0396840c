import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { checkScope } from '../../../chat/token-scope.ts'
import { NO_ROOM } from '../../../engine/event.ts'
import type { ConnectionOptions } from '../../../transport/connection-options.ts'
import type { HttpServices } from '../../../transport/http/routes.ts'
import type { Caller, RoomPath, RoomsApiContext } from '../context.ts'
import { Problem } from '../problems.ts'
import { StreamConversation, type StreamParts } from './conversation.ts'
import { Encodings } from './encoding.ts'
import { FORMATS } from './formats.ts'
import { Heartbeats } from './heartbeats.ts'
import { formatOf, kindsOf, roomsOf, sinceOf } from './request.ts'
import type { Place } from './session.ts'
import { StreamWire } from './wire.ts'

const HEARTBEAT_MS = 15_000
const NOTHING = Buffer.alloc(0)

/** Adds the streams of rooms and inboxes (docs/protocols/rooms-api.md, section 2.6). */
export function addStreams(app: FastifyInstance, context: RoomsApiContext, services: HttpServices): void {
  const { chat, log, tally, maxQueueBytes, pacing, heartbeatMs = HEARTBEAT_MS } = context
  const encodings = new Encodings()
  const parts: StreamParts = { context, wire: new StreamWire(), heartbeats: new Heartbeats(heartbeatMs) }
  const options: ConnectionOptions = {
    log,
    tally,
    maxQueueBytes,
    pacing,
    // A client that only reads needs no name.
    loginTimeoutMs: 0,
    lastWord: () => NOTHING,
  }

  const stream = (request: FastifyRequest, reply: FastifyReply, caller: Caller, places: ReadonlyMap<number, Place>) => {
    const format = formatOf(request)
    const kinds = kindsOf(request)
    // Proxies such as nginx would gather the output.
    reply.headers({ 'Content-Type': FORMATS[format].contentType, 'X-Accel-Buffering': 'no' })
    return services.responses.open(request, reply, {
      options,
      converse: (link, isChunked) => {
        const encoding = encodings.of({ format, isChunked, kinds, isOfMany: places.size > 1 })
        return new StreamConversation(parts, link, { caller, encoding, places })
      },
    })
  }

  app.get<RoomPath>('/rooms/:room/stream', async (request, reply) => {
    const caller = await context.authorize(request, 'read')
    const slugs = roomsOf(request.params.room)
    const since = sinceOf(request, slugs)
    const asker = services.requests.askerOf(request)
    const places = new Map<number, Place>()
    for (const slug of slugs) {
      const room = await context.readableRoom(caller, slug)
      const feed = chat.feeds.ofRoom(room)
      places.set(room.id, { room, feed, position: await feed.position(since(room.slug), asker), isBehind: true })
    }
    return stream(request, reply, caller, places)
  })

  app.get('/inbox/stream', async (request, reply) => {
    const caller = await context.authorize(request, 'read')
    const { proof, author } = caller
    if (!proof || !author) throw new Problem(401, 'unauthorized', 'Authorize with a token or password')
    checkScope(author, 'read')
    const feed = await chat.feeds.ofInbox(proof.name)
    const position = await feed.position(sinceOf(request, [undefined])(), services.requests.askerOf(request))
    return stream(request, reply, caller, new Map([[NO_ROOM, { room: undefined, feed, position, isBehind: true }]]))
  })
}
