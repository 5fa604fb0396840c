import type { FastifyInstance, FastifyRequest } from 'fastify'
import { disconnectText } from '../../../transport/disconnect.ts'
import { textMessages } from '../../../transport/framing.ts'
import type { HttpServices } from '../../../transport/http/routes.ts'
import type { SocketOptions } from '../../../transport/http/upgrades.ts'
import { GlobesError } from '../errors.ts'
import type { GlobesContext } from '../options.ts'
import { type GlobesPass, passTo } from '../passes.ts'
import { findRoom, type InRoom } from '../room.ts'
import { GlobesConversation } from './conversation.ts'
import { GlobesWire, noticeFrame } from './wire.ts'

/** Maximum bytes of a message (docs/protocols/globes.md, section 2.10). */
const MAX_FRAME = 16_384
/** Heartbeat of docs/protocols/globes.md, section 3. */
const HEARTBEAT = { everyMs: 54_000, silenceMs: 60_000 }

/** Adds the WebSocket of each room (docs/protocols/globes.md, section 2.9). */
export function addSocket(app: FastifyInstance, shared: GlobesContext, { upgrades }: HttpServices): void {
  const { chat, heartbeat = HEARTBEAT } = shared
  const wire = new GlobesWire()
  const tickets = new WeakMap<FastifyRequest, GlobesPass>()

  const admit = async (request: FastifyRequest) => {
    const { room } = request.params as InRoom['Params']
    tickets.set(request, await passTo(shared, await findRoom(chat.rooms, room), request))
  }

  const options: SocketOptions = {
    ...shared,
    heartbeat,
    maxMessage: MAX_FRAME,
    // A client that only reads needs no name.
    loginTimeoutMs: 0,
    // Clients show each frame as a message (docs/protocols/globes.md, section 2.10), so it is sent with refusals (code 1008) only.
    lastWord: (reason, why) =>
      reason === 'stopping' || reason === 'frame-too-long' ? Buffer.alloc(0) : noticeFrame(disconnectText(reason, why)),
  }
  upgrades.openSocket(app, '/chats/:room/ws', {
    anyOrigin: shared.anyOrigin,
    subprotocol: ([first]) => first,
    onRequest: [admit],
    withoutHandshake: async (request) => {
      await admit(request)
      throw new GlobesError(301)
    },
    framing: textMessages,
    options,
    converse: (link, request) => {
      const ticket = tickets.get(request)
      if (!ticket) throw new Error('a handshake was not checked')
      return new GlobesConversation({ chat, wire }, link, ticket)
    },
  })
}
