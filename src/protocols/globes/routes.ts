import { takeAnyBody } from '../../transport/http/body.ts'
import type { Routes } from '../../transport/http/routes.ts'
import { addAuth } from './auth.ts'
import { addEntry } from './entry.ts'
import { addHistory } from './history.ts'
import { addLists } from './lists.ts'
import type { GlobesContext, GlobesOptions } from './options.ts'
import { globesErrorOf } from './refusals.ts'
import type { InRoom } from './room.ts'
import { addRooms } from './rooms.ts'
import { addSocket } from './socket/socket.ts'
import { Tokens } from './tokens.ts'

/** Returns the routes of Globes: rooms over HTTP, and a WebSocket for each (docs/protocols/globes.md). */
export function globesRoutes(options: GlobesOptions): Routes {
  const { chat } = options
  let secret = options.secret
  const tokens = new Tokens(async () => (secret ??= await chat.secret('globes')))
  return async (app, services) => {
    // Loaded with the port.
    const { default: cookie } = await import('@fastify/cookie')
    await app.register(cookie)
    const shared: GlobesContext = { ...options, tokens, requests: services.requests }
    takeAnyBody(app)
    app.addHook('onRequest', async (_, reply) => void reply.header('Cache-Control', 'no-store'))
    app.setErrorHandler((error, request, reply) => {
      const answer = globesErrorOf(error, (request.params as Partial<InRoom['Params']>).room)
      // The error handler of the HTTP port answers all other errors.
      if (!answer) throw error
      return reply.code(answer.status).send(answer.body)
    })
    addLists(app, shared)
    addHistory(app, shared)
    addRooms(app, shared)
    addAuth(app, shared)
    addEntry(app, shared)
    addSocket(app, shared, services)
  }
}
