import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { checkScope } from '../../../chat/token-scope.ts'
import { NO_ROOM } from '../../../engine/event.ts'
import type { ConnectionOptions } from '../../../transport/connection-options.ts'
import { hasBody } from '../../../transport/http/handshake.ts'
import type { HttpServices } from '../../../transport/http/routes.ts'
import type { RoomPath, RoomsApiContext } from '../context.ts'
import { EVENT_KINDS } from '../event.ts'
import { Problem } from '../problems.ts'
import { INBOX_STREAM_PARAMETERS, STREAM_PARAMETERS } from '../schemas.ts'
import { checkedQuery } from '../validation.ts'
import { type Stream, StreamConversation, type StreamParts } from './conversation.ts'
import { type EncodingOptions, Encodings } from './encoding.ts'
import { FORMATS } from './formats.ts'
import { Heartbeats } from './heartbeats.ts'
import { formatOf, roomsOf, sinceOf } from './request.ts'
import type { Place } from './session.ts'
import { StreamWire } from './wire.ts'

const HEARTBEAT_MS = 15_000

/** Adds the streams of rooms and inboxes (docs/protocols/rooms-api.md, section 2.6). */
export function addStreams(app: FastifyInstance, context: RoomsApiContext, { responses }: HttpServices): void {
  const { chat, requests, heartbeatMs = HEARTBEAT_MS } = context
  const encodings = new Encodings()
  const parts: StreamParts = { context, wire: new StreamWire(), heartbeats: new Heartbeats(heartbeatMs) }
  // A client that only reads needs no name, and its conversation has the last word.
  const options: ConnectionOptions = { ...context, loginTimeoutMs: 0, lastWord: () => Buffer.alloc(0) }

  const stream = (
    request: FastifyRequest,
    reply: FastifyReply,
    { caller, places, kinds }: Pick<Stream, 'caller' | 'places'> & Pick<EncodingOptions, 'kinds'>,
  ) => {
    const format = formatOf(request)
    return responses.open(request, reply, {
      options,
      // Proxies such as nginx would gather the output.
      headers: { 'Content-Type': FORMATS[format].contentType, 'X-Accel-Buffering': 'no', Vary: 'Accept' },
      converse: (link, isChunked) => {
        const encoding = encodings.of({ format, isChunked, kinds, isOfMany: places.size > 1 })
        return new StreamConversation(parts, link, { caller, encoding, places })
      },
    })
  }

  app.get<RoomPath>('/rooms/:room/stream', async (request, reply) => {
    checkNoBody(request)
    const caller = await context.authorization.authorize(request, 'read')
    const { since, kinds } = await checkedQuery(STREAM_PARAMETERS, request.query)
    const slugs = roomsOf(request.params.room)
    const begin = sinceOf(request, since, slugs)
    const asker = requests.askerOf(request)
    const places = new Map<number, Place>()
    for (const slug of slugs) {
      const { room, unlocked } = await context.authorization.openRoom(caller, slug)
      const feed = chat.feeds.ofRoom(room)
      const position = await feed.position(begin(room.slug), asker)
      places.set(room.id, { room, unlocked, feed, position, isBehind: true })
    }
    const shown = EVENT_KINDS.filter((kind) => kinds?.split(',').includes(kind))
    return stream(request, reply, { caller, places, kinds: kinds === undefined ? undefined : new Set(shown) })
  })

  app.get('/inbox/stream', async (request, reply) => {
    checkNoBody(request)
    const caller = await context.authorization.authorize(request, 'read')
    const { proof, author } = caller
    if (!proof || !author) throw new Problem(401, 'unauthorized', 'Authorize with a token or password')
    checkScope(author, 'read')
    const { since } = await checkedQuery(INBOX_STREAM_PARAMETERS, request.query)
    const feed = await chat.feeds.ofInbox(proof.name)
    const position = await feed.position(sinceOf(request, since, [])(), requests.askerOf(request))
    const places = new Map([[NO_ROOM, { room: undefined, unlocked: undefined, feed, position, isBehind: true }]])
    return stream(request, reply, { caller, places, kinds: undefined })
  })
}

/** @throws {Problem} 400 for a request with a body, which would be taken for further requests */
function checkNoBody({ raw }: FastifyRequest): void {
  if (hasBody(raw)) throw new Problem(400, 'invalid-request', 'A request for a stream has no body')
}
