import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DISCONNECTS } from '../../disconnect.ts'
import type { HttpGround } from '../../http/routes.ts'
import { TalkConnection, type TalkOptions } from '../../http/talk.ts'
import { GlobesError } from '../errors.ts'
import type { Shared } from '../options.ts'
import { findRoom, type InRoom } from '../room.ts'
import { tokenOf } from '../tokens.ts'
import { GlobesConversation, type Ticket } from './conversation.ts'
import { noticeFrame } from './notice.ts'
import { GlobesWire } from './wire.ts'

/** Bytes of a frame (docs/protocols/globes.md, section 2.10). */
const MAX_FRAME = 16_384
/** docs/protocols/globes.md, section 3. */
const HEARTBEAT = { every: 54_000, silence: 60_000 }

/** A room's WebSocket (docs/protocols/globes.md, section 2.9). */
export function addSocket(app: FastifyInstance, shared: Shared, { openSocket }: HttpGround): void {
  const { chat, tokens, logins, maxText, log, tally, maxQueue, pace, heartbeat = HEARTBEAT } = shared
  const wire = new GlobesWire()
  const tickets = new WeakMap<FastifyRequest, Ticket>()

  const admit = async (request: FastifyRequest) => {
    const { room: which } = request.params as InRoom['Params']
    const room = await findRoom(chat.rooms, which)
    const login = () => logins.find(request)
    if (room.visibility === 'public') return void tickets.set(request, { room, proof: (await login())?.proof })
    const username = await tokens.read(room, tokenOf(request.headers))
    if (username === undefined) throw new GlobesError(403, 'token')
    tickets.set(request, { room, username, proof: (await login())?.proof })
  }

  const options: Omit<TalkOptions, 'converse'> = {
    log,
    tally,
    maxQueue,
    pace,
    heartbeat,
    maxMessage: MAX_FRAME,
    // Who only listens never says a name.
    loginTimeout: 0,
    // Any frame becomes a speech bubble (docs/protocols/globes.md, section 2.10): only refusals, closed with 1008, are worth one.
    lastWord: (reason) =>
      reason === 'stopping' || reason === 'frame-too-long' ? Buffer.alloc(0) : noticeFrame(DISCONNECTS[reason].text),
  }
  openSocket(app, '/chats/:room/ws', {
    anyOrigin: shared.anyOrigin,
    echoProtocol: true,
    onRequest: [admit],
    withoutHandshake: async (request) => {
      await admit(request)
      throw new GlobesError(301)
    },
    welcome: (visit) => {
      const ticket = tickets.get(visit.request)
      if (!ticket) throw new Error('nobody gets here without having been admitted')
      const converse: TalkOptions['converse'] = (link) => new GlobesConversation({ chat, wire, maxText }, link, ticket)
      return new TalkConnection(visit, { ...options, converse })
    },
  })
}
