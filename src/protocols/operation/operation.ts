import type { Protocol } from '../protocol.ts'

const load = () => import('./routes.ts')

/** Health and metrics on the HTTP port, for the operator of the daemon. */
export const operationProtocol: Protocol<Record<never, never>> = {
  name: 'operation',
  options: {},
  load,
  async routes(_, { vitals }) {
    return (await load()).operationRoutes(vitals)
  },
}
