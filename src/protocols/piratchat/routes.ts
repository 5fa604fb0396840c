import type { Chat } from '../../chat/chat.ts'
import type { ConnectionLimits } from '../../transport/connection-options.ts'
import { takeAnyBody } from '../../transport/http/body.ts'
import { delayGuess } from '../../transport/http/guesses.ts'
import type { Routes } from '../../transport/http/routes.ts'
import { Lobby } from './lobby.ts'
import { addRequests, refusalStatus } from './requests.ts'
import { openSocketAt } from './socket.ts'
import { PiratchatWire } from './wire.ts'

export interface PiratchatOptions extends Omit<ConnectionLimits, 'loginTimeoutMs'> {
  readonly chat: Chat
  /** True if characters of HTML and Markdown in messages are sent as entities (docs/protocols/piratchat.md, section 5.9). */
  readonly escape: boolean
}

/** Returns the routes of Piratchat: /api/… and /ws. */
export function piratchatRoutes(options: PiratchatOptions): Routes {
  const { chat } = options
  const lobby = new Lobby(chat, new PiratchatWire(options.escape))
  return async (app, services) => {
    // Loaded with the port.
    const { default: cookie } = await import('@fastify/cookie')
    await app.register(cookie)
    takeAnyBody(app)
    app.setErrorHandler(async (error, _, reply) => {
      const status = refusalStatus(error)
      if (status === undefined) throw error
      if (status === 401) await delayGuess()
      if (status === 429) reply.header('Retry-After', '60')
      return reply.code(status).send()
    })
    app.addHook('onRequest', async (_, reply) => void reply.header('Cache-Control', 'no-store'))
    addRequests(app, chat, lobby, services)
    openSocketAt(app, services, { ...options, lobby })
  }
}
