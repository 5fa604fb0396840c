import { STATUS_CODES } from 'node:http'
import type { Routes } from '../../transport/http/routes.ts'
import type { RoomsApiOptions } from './context.ts'
import { problemOf } from './problems.ts'

/** Returns the routes of the rooms API (docs/protocols/rooms-api.md). */
export function roomsApiRoutes(_options: RoomsApiOptions): Routes {
  return (app) => {
    app.addHook('onRequest', async (_, reply) => void reply.header('Cache-Control', 'no-store'))
    app.setErrorHandler((error, _, reply) => {
      const problem = problemOf(error)
      // The error handler of the HTTP port answers all other errors.
      if (!problem) throw error
      const { status, code, message: detail, retryAfterS } = problem
      if (retryAfterS !== undefined) reply.header('Retry-After', retryAfterS)
      return reply
        .code(status)
        .type('application/problem+json')
        .send({ type: 'about:blank', title: STATUS_CODES[status], status, code, detail })
    })
  }
}
