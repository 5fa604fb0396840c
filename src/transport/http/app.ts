/** The server of the HTTP port; loaded only if there is an HTTP port. */
import type { Socket } from 'node:net'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import { WorkTurns } from '../../chat/work-turns.ts'
import { bareAddress } from '../network.ts'
import { EarlyAnswers } from './early-answers.ts'
import { RequestFeed } from './feed.ts'
import { addOtherMethods } from './methods.ts'
import { NodeListeners } from './node-listeners.ts'
import type { AppOptions } from './options.ts'
import { RequestClients } from './requests.ts'
import { Responses } from './responses.ts'
import type { Routes } from './routes.ts'
import { serverOf } from './server.ts'
import { Upgrades } from './upgrades.ts'

const MAX_BODY = 65_536
/** Maximum characters of a parameter in a path; the request's head is limited already, and routes check their parameters. */
const MAX_PARAMETER = 16_384

export interface App {
  serve(socket: Socket): void
  close(): Promise<void>
}

/** Creates the server with the routes of all protocols. */
export async function openApp(options: AppOptions, routes: readonly Routes[]): Promise<App> {
  const { log, proxies, loopback, visitors } = options
  const local = loopback && proxies.isEmpty
  const server = serverOf(options)
  const buildValidator = () => {
    throw new Error('a route of roomd has no schema')
  }
  const app: FastifyInstance = fastify({
    serverFactory: (handler) =>
      server.on('request', (request, response) => {
        if (visitors.get(request.socket)?.serve(response)) handler(request, response)
      }),
    trustProxy: proxies.isEmpty ? false : (address) => proxies.has(bareAddress(address) ?? ''),
    bodyLimit: MAX_BODY,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    // Schema compilers take as long to load as all the rest, so routes check their input themselves.
    schemaController: { compilersFactory: { buildValidator, buildSerializer: () => () => JSON.stringify } },
    // Hooks do not run for these errors.
    frameworkErrors: (error, _, reply: FastifyReply) =>
      void reply
        .code(error.statusCode ?? 400)
        .header('Connection', 'close')
        .send(),
    clientErrorHandler: (error, socket) => {
      // The error is not logged, as it contains the client's bytes.
      log.debug({ code: error.code }, 'invalid HTTP request')
      visitors.get(socket)?.refuse(STATUS_OF[error.code] ?? 400)
    },
  })
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) log.error({ err: error, route: request.routeOptions.url }, 'request failed')
    return reply.code(status).send()
  })
  // A callback, as a promise for each request costs more.
  app.addHook('onResponse', ({ method, routeOptions }, { statusCode, elapsedTime }, next) => {
    // Logs the route, as the path may contain private data.
    log.debug({ method, route: routeOptions.url, status: statusCode, ms: Math.round(elapsedTime) }, 'request answered')
    next()
  })
  const addOthers = addOtherMethods(app)
  const requests = new RequestClients(options)
  const upgrades = new Upgrades(options, requests)
  upgrades.route(server, app)
  const responses = new Responses(options, requests)
  const early = new EarlyAnswers(options, requests, upgrades, local)
  const turns = new WorkTurns()
  /** Returns the address of a connection that takes turns; undefined for a proxy, whose requests take turns each by its own. */
  const addressOf = ({ remoteAddress = '' }: Socket) =>
    proxies.has(remoteAddress) ? undefined : options.admission.identify(remoteAddress).network
  // This hook runs first. Requests of a feed have had their turn when they were parsed.
  app.addHook('onRequest', (request, _, next) => {
    const start = () => {
      next()
      return 'one' as const
    }
    const hadTurn = visitors.get(request.socket)?.feed?.takesTurns === true
    if (hadTurn || turns.take(requests.addressOf(request), start)) next()
  })
  // A promise, so that routes run when all that was received is parsed: a request that cannot be read is refused by {@link Visitor}.
  app.addHook('onRequest', async (request, reply) => early.answer(request, reply))
  for (const add of routes) await app.register(async (scope) => add(scope, { requests, upgrades, responses, local }))
  addOthers()
  await app.ready()
  // Starts the checks of Node.js for incomplete requests.
  server.emit('listening')
  return {
    serve: (socket) => {
      const visitor = visitors.get(socket)
      const begin = (chunk: Buffer) => {
        socket.pause().unshift(chunk)
        const listeners = new NodeListeners(server, socket)
        visitor?.begin(
          RequestFeed.wants(chunk) ? new RequestFeed(socket, visitor, turns, addressOf(socket)) : undefined,
          listeners,
        )
        socket.resume()
      }
      socket.once('data', begin).once('end', () => socket.bytesRead === 0 && visitor?.end())
    },
    close: async () => {
      server.close()
      await app.close()
    },
  }
}

/** Status for an error of Node's HTTP parser; 400 for others. */
const STATUS_OF: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }
