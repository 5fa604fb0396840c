import { extname } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Routes } from '../../transport/http/routes.ts'
import { reasonFor } from '../../transport/http/status.ts'
import { sendFile } from './file.ts'
import { madeFiles } from './made.ts'
import { TYPES } from './types.ts'

/** Time after which the page is made if nobody has asked for it, when the daemon has started, in ms. */
const MAKE_MS = 300
const INDEX = 'index.html'

/** Adds the routes of the web page: index.html at `/`, its other files under `/page/`. */
export const pageRoutes: Routes = async (app) => {
  const timer = setTimeout(() => void madeFiles().catch(() => {}), MAKE_MS).unref()
  app.addHook('onClose', async () => clearTimeout(timer))
  const send = async (name: string, request: FastifyRequest, reply: FastifyReply) => {
    const file = (await madeFiles()).get(name)
    if (!file) return reply.code(404).send(reasonFor(404, request.host))
    return sendFile(file, TYPES[extname(name)] ?? '', request, reply)
  }
  app.get('/', (request, reply) => send(INDEX, request, reply))
  // One route for all of them, as each takes a tenth of a millisecond of a start for every method.
  app.get<{ Params: { name: string } }>('/page/:name', (request, reply) => {
    const { name } = request.params
    return send(name === INDEX ? '' : name, request, reply)
  })
}
