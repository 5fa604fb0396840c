import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ConnectionLimits } from '../../transport/connection-options.ts'
import { textMessages } from '../../transport/framing.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { type AdmittedUser, PiratchatConversation, type PiratchatConversationOptions } from './conversation.ts'
import { checkPass } from './passes.ts'

/** Maximum bytes of a message; a longer one closes with 1009. */
const MAX_MESSAGE = 65_536

type PiratchatSocketOptions = PiratchatConversationOptions & Omit<ConnectionLimits, 'loginTimeoutMs'>

/**
 * Adds the WebSocket at /ws (docs/protocols/piratchat.md, section 2.6). A user joins the lobby before the handshake is answered, so
 * that a refusal is a status, and so that the user is in the list that the client requests when it opens (section 5, quirk 5).
 */
export function openSocketAt(app: FastifyInstance, { upgrades }: HttpServices, options: PiratchatSocketOptions): void {
  const { chat, lobby } = options
  const admitted = new WeakMap<IncomingMessage, AdmittedUser>()

  const gate = async (request: FastifyRequest, reply: FastifyReply) => {
    const pass = await checkPass(chat.tickets, request, reply)
    if (!pass) return reply
    // Online already, through any protocol.
    if (!(await chat.names.isFree(pass.proof.name))) return reply.code(409).send()
    if (!upgrades.isHandshake(request)) return reply.code(400).header('Sec-WebSocket-Version', '13').send()
    const { socket } = request
    // The client has disconnected; its socket emits no further `close`.
    if (socket.destroyed) return reply.code(400).send()
    const session = lobby.makeSession()
    // Ends the session with the socket, also if the handshake fails.
    socket.once('close', () => void lobby.end(session))
    try {
      await lobby.enter(session, pass.proof)
    } catch (error) {
      await lobby.end(session)
      throw error
    }
    // The user may have logged out in the meantime, before there was a WebSocket to close.
    const still = await checkPass(chat.tickets, request, reply)
    if (still) admitted.set(request.raw, { session, ticket: still.ticket })
    else await lobby.end(session)
  }

  upgrades.openSocket(app, '/ws', {
    onRequest: [gate],
    // Requests without a handshake get the same replies.
    withoutHandshake: gate,
    framing: textMessages,
    options: {
      ...options,
      maxMessage: MAX_MESSAGE,
      // The handshake requires a login.
      loginTimeoutMs: 0,
      // The close frame has a code, so there are no last bytes.
      lastWord: () => Buffer.alloc(0),
    },
    converse: (link, request) => {
      const user = admitted.get(request.raw)
      if (!user) throw new Error('a handshake was not checked')
      return new PiratchatConversation(options, link, user)
    },
  })
}
