import type { FastifyInstance } from 'fastify'
import type { RequestClients } from './requests.ts'
import type { Responses } from './responses.ts'
import type { Upgrades } from './upgrades.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True if GET has side effects at this route, so that foreign origins are refused as with POST. */
    changes?: boolean
    /** True for the operator's probes, which are also answered on connections beyond the limits. */
    probe?: true
    /** True if guests may send the request to the rooms API. */
    guests?: true
  }
}

/** Adds a protocol's routes to `app`, whose hooks, decorators and error handlers apply to these routes only. */
export type Routes = (app: FastifyInstance, services: HttpServices) => void | Promise<void>

/** Services of the HTTP port for its routes. */
export interface HttpServices {
  readonly requests: RequestClients
  readonly upgrades: Pick<Upgrades, 'openSocket' | 'isHandshake'>
  readonly responses: Pick<Responses, 'open'>
  /** True if only this machine can connect: the port listens on a loopback address, and there is no trusted proxy. */
  readonly local: boolean
}
