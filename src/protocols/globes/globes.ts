import { Refusal } from '../../chat/refusal.ts'
import { takeAnyBody } from '../http/body.ts'
import type { Routes } from '../http/routes.ts'
import { addEntry } from './entry.ts'
import { GlobesError } from './errors.ts'
import { addHistory } from './history.ts'
import { addLists } from './lists.ts'
import type { GlobesOptions, Shared } from './options.ts'
import { addRooms } from './rooms.ts'
import { addSocket } from './socket/socket.ts'
import { Tokens } from './tokens.ts'

/** Globes' rooms over HTTP, and a WebSocket for each (protocols/globes.md). */
export function globesRoutes(options: GlobesOptions): Routes {
  let secret = options.secret
  const tokens = new Tokens(async () => (secret ??= await options.chat.secret('globes')))
  const shared: Shared = { ...options, tokens }
  return (app, ground) => {
    takeAnyBody(app)
    app.addHook('onRequest', async (_, reply) => void reply.header('Cache-Control', 'no-store'))
    app.setErrorHandler((error, _, reply) => {
      const answer = error instanceof Refusal && error.reason === 'unavailable' ? new GlobesError(503) : error
      // The port has an answer for what is no matter of this protocol.
      if (!(answer instanceof GlobesError)) throw error
      return reply.code(answer.status).send(answer.body)
    })
    addLists(app, shared)
    addHistory(app, shared)
    addRooms(app, shared, ground)
    addEntry(app, shared, ground)
    addSocket(app, shared, ground)
  }
}
