import type { Protocol } from '../protocol.ts'

const load = () => import('./page.ts')

export const pageProtocol: Protocol<Record<never, never>> = {
  name: 'page',
  options: {},
  load,
  routes: async () => (await load()).pageRoutes,
}
