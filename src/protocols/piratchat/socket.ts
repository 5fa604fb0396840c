import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ConnectionOptions } from '../../transport/connection-options.ts'
import { textMessages } from '../../transport/framing.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { type Guest, PiratchatConversation, type PiratchatConversationOptions } from './conversation.ts'
import type { Passes } from './passes.ts'

/** Bytes of a message; more closes with 1009. */
const MAX_MESSAGE = 65_536

export interface PiratchatSocketOptions
  extends PiratchatConversationOptions,
    Omit<ConnectionOptions, 'lastWord' | 'loginTimeoutMs'> {
  readonly passes: Passes
}

/**
 * The talk, at /ws (docs/protocols/piratchat.md, section 2.6). A user is in the lobby before his handshake is answered: what is wrong can still
 * be told as a status then, and when his socket opens he is in the list that his client asks for (5, quirk 5).
 */
export function openSocketAt(app: FastifyInstance, { upgrades }: HttpServices, options: PiratchatSocketOptions): void {
  const { lobby, passes } = options
  const guests = new WeakMap<IncomingMessage, Guest>()

  const gate = async (request: FastifyRequest, reply: FastifyReply) => {
    const pass = await passes.check(request, reply)
    if (!pass) return reply
    if (await lobby.isTaken(pass.proof)) return reply.code(409).send()
    if (!upgrades.isHandshake(request)) return reply.code(400).header('Sec-WebSocket-Version', '13').send()
    const { socket } = request
    // Gone while this was asked: nobody would say so again.
    if (socket.destroyed) return reply.code(400).send()
    const session = lobby.makeSession()
    // Whatever comes of the handshake, and whenever he goes.
    socket.once('close', () => void lobby.end(session))
    try {
      await lobby.enter(session, pass.proof)
    } catch (error) {
      await lobby.end(session)
      throw error
    }
    // He may have logged out in the meantime, when there was no socket to close.
    const still = await passes.check(request, reply)
    if (still) guests.set(request.raw, { session, ticket: still.ticket })
    else await lobby.end(session)
  }

  upgrades.openSocket(app, '/ws', {
    onRequest: [gate],
    // Who asks without a handshake gets the same answers.
    withoutHandshake: gate,
    framing: textMessages,
    options: {
      ...options,
      maxMessage: MAX_MESSAGE,
      // He has logged in.
      loginTimeoutMs: 0,
      // The code of the close frame says it all.
      lastWord: () => NOTHING,
    },
    converse: (link, request) => {
      const guest = guests.get(request.raw)
      if (!guest) throw new Error('a handshake without a guest')
      return new PiratchatConversation(options, link, guest)
    },
  })
}

const NOTHING = Buffer.alloc(0)
