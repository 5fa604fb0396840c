import { hasBody } from '../../transport/http/handshake.ts'
import { STATUS_CODES } from '../../transport/http/node-http.ts'
import type { Routes } from '../../transport/http/routes.ts'
import { Authorization } from './authorization.ts'
import { takeBodies } from './body.ts'
import type { RoomsApiContext, RoomsApiOptions } from './context.ts'
import { addReading } from './history.ts'
import { HookSender } from './hooks/hook-sender.ts'
import { addIncomingHooks } from './hooks/incoming.ts'
import { addOutgoingHooks } from './hooks/outgoing.ts'
import { addDocs } from './openapi.ts'
import { Pacer } from './pacer.ts'
import { addPosting } from './post.ts'
import { addPrivate } from './private.ts'
import { apiProblemOf } from './problems.ts'
import { addRemoval } from './removal.ts'
import { addRoomRequests } from './rooms.ts'
import { addStreams } from './stream/routes.ts'
import { addTokens } from './tokens.ts'

/** Returns the routes of the rooms API (docs/protocols/rooms-api.md). */
export function roomsApiRoutes(options: RoomsApiOptions): Routes {
  return (app, services) => {
    const { requests } = services
    const context: RoomsApiContext = {
      ...options,
      authorization: new Authorization(options, services),
      pacer: new Pacer(options.pacing, requests),
      requests,
    }
    takeBodies(app)
    app.addHook('onRequest', (_, reply, next) => {
      reply.header('Cache-Control', 'no-store')
      next()
    })
    app.setErrorHandler((error, request, reply) => {
      const problem = apiProblemOf(error)
      // The error handler of the HTTP port answers all other errors.
      if (!problem) throw error
      const { status, code, message: detail, retryAfterS, members } = problem
      if (hasBody(request.raw) && !request.raw.complete) reply.header('Connection', 'close')
      if (status === 401) reply.header('WWW-Authenticate', 'Bearer realm="roomd"')
      if (retryAfterS !== undefined) reply.header('Retry-After', retryAfterS)
      return reply
        .code(status)
        .type('application/problem+json')
        .send({ type: 'about:blank', title: STATUS_CODES[status], status, code, detail, ...members })
    })
    addRoomRequests(app, context)
    addPosting(app, context)
    addReading(app, context)
    addRemoval(app, context)
    addPrivate(app, context)
    addStreams(app, context, services)
    addDocs(app)
    addTokens(app, context)
    addIncomingHooks(app, context)
    addOutgoingHooks(app, context)
    const sender = new HookSender({ chat: options.chat, log: options.log, private: options.hooksPrivate })
    app.addHook('onReady', async () => sender.start())
    app.addHook('onClose', () => sender.stop())
  }
}
