import { STATUS_CODES } from 'node:http'
import type { Routes } from '../../transport/http/routes.ts'
import { Authorization } from './authorization.ts'
import type { RoomsApiContext, RoomsApiOptions } from './context.ts'
import { addMembers } from './members.ts'
import { problemOf } from './problems.ts'
import { addStreams } from './stream/routes.ts'

/** Returns the routes of the rooms API (docs/protocols/rooms-api.md). */
export function roomsApiRoutes(options: RoomsApiOptions): Routes {
  return (app, services) => {
    const authorization = new Authorization(options, services)
    const context: RoomsApiContext = {
      ...options,
      authorize: (request, right) => authorization.authorize(request, right),
      readableRoom: (caller, slug) => authorization.readableRoom(caller, slug),
    }
    addMembers(app, context)
    addStreams(app, context, services)
    app.addHook('onRequest', async (_, reply) => void reply.header('Cache-Control', 'no-store'))
    app.setErrorHandler((error, _, reply) => {
      const problem = problemOf(error)
      // The error handler of the HTTP port answers all other errors.
      if (!problem) throw error
      const { status, code, message: detail, retryAfterS } = problem
      if (status === 401) reply.header('WWW-Authenticate', 'Bearer realm="roomd"')
      if (retryAfterS !== undefined) reply.header('Retry-After', retryAfterS)
      return reply
        .code(status)
        .type('application/problem+json')
        .send({ type: 'about:blank', title: STATUS_CODES[status], status, code, detail })
    })
  }
}
