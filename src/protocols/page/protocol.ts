import type { Protocol } from '../protocol.ts'

const load = () => import('./page.ts')

/** The web page on the HTTP port. */
export const pageProtocol: Protocol<Record<never, never>> = {
  name: 'page',
  options: {},
  load,
  routes: async () => (await load()).pageRoutes,
}
