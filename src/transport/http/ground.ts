import { isIP } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Admission } from '../admission.ts'
import type { ClientAddress } from '../network.ts'
import type { AppOptions } from './options.ts'
import { isForeign, mayBeForeign, type Sent } from './origin.ts'
import type { HttpGround, SocketRoute } from './routes.ts'
import type { Upgrades } from './upgrades.ts'

/** The client's address, as the last proxy that is believed tells it. */
export function clientOf({ ip, socket }: FastifyRequest, admission: Admission): ClientAddress {
  return admission.identify(isIP(ip) ? ip : (socket.remoteAddress ?? ''))
}

/** `sockets` becomes the paths for WebSockets. */
export function groundOf(options: AppOptions, upgrades: Upgrades, sockets: Set<string>): HttpGround {
  const { log, admission, origins, proxies, visitors } = options

  const addressOf = (request: FastifyRequest) => clientOf(request, admission).network

  /** Logs that a request is refused, as it is foreign. */
  const logged = (request: FastifyRequest, foreign: boolean): boolean => {
    const { origin, 'sec-fetch-site': site } = request.headers
    if (foreign)
      log.info({ origin, site, address: clientOf(request, admission).full }, 'refused a page of another origin')
    return foreign
  }

  /** Clients of a proxy are counted here, as its connections are nobody's. */
  const refuse = async (request: FastifyRequest): Promise<boolean> => {
    const { socket } = request
    if (!proxies.has(socket.remoteAddress ?? '')) return false
    const { full, network } = clientOf(request, admission)
    const enter = () => (socket.destroyed ? 'too-many-connections' : admission.refuseClient(network))
    const refused = enter()
    const reason = refused && (await admission.retry(enter, refused))
    if (reason) log.warn({ reason, address: full }, 'refused')
    else socket.once('close', () => admission.leaveClient(network))
    return reason !== undefined
  }

  const openSocket = (app: FastifyInstance, path: string, route: SocketRoute) => {
    const { welcome, anyOrigin, onRequest = [], withoutHandshake = upgradeRequired, echoProtocol = false } = route
    sockets.add(app.prefix + path)
    app.route({
      method: 'GET',
      url: path,
      exposeHeadRoute: false,
      onRequest: [
        async (request, reply) => {
          if (!upgrades.has(request)) return withoutHandshake(request, reply)
          if (!anyOrigin && logged(request, isForeign(sentOf(request), origins))) return reply.code(403).send()
        },
        ...onRequest,
      ],
      handler: async (request, reply) => {
        if (await refuse(request)) return reply.code(429).send()
        const { socket } = request
        upgrades.accept(request, reply, echoProtocol, (websocket) => {
          // An error in what a client sends closes its connection.
          websocket.on('error', ({ message }) => log.debug({ reason: message }, 'WebSocket failed'))
          try {
            visitors.get(socket)?.become(welcome({ websocket, socket, address: clientOf(request, admission), request }))
          } catch (error) {
            log.error({ err: error, route: path }, 'a connection failed')
            socket.destroy()
          }
        })
        return reply
      },
    })
  }
  const askerOf = (request: FastifyRequest) => ({
    address: addressOf(request),
    get closed() {
      return request.socket.destroyed
    },
  })
  return {
    clientOf: (request) => clientOf(request, admission),
    addressOf,
    askerOf,
    openSocket,
    isHandshake: (request) => upgrades.has(request),
    isForeign: (request) => isForeign(sentOf(request), origins),
    mayBeForeign: (request) => logged(request, mayBeForeign(sentOf(request), origins)),
  }
}

function sentOf({ method, headers, host, protocol }: FastifyRequest): Sent {
  return { method, headers, host, protocol }
}

async function upgradeRequired(_: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return reply.code(426).headers({ Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }).send()
}
