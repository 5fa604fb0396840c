import type { Protocol } from '../protocol.ts'

const OPTIONS = {
  'public-read': {
    type: 'string',
    default: 'local',
    choices: ['local', 'always', 'never'],
    group: 'Listeners',
    describe:
      'reading public rooms through the rooms API without authorization; local: if only this machine can connect',
  },
  'hooks-private': {
    type: 'boolean',
    default: false,
    group: 'Listeners',
    describe: 'outgoing webhooks may go to loopback and private addresses',
  },
} as const

const load = () => import('./routes.ts')

/** The rooms API on the HTTP port (docs/protocols/rooms-api.md). */
export const roomsApiProtocol: Protocol<typeof OPTIONS> = {
  name: 'rooms-api',
  options: OPTIONS,
  load,
  async routes(config, { chat, limits }) {
    const { roomsApiRoutes } = await load()
    return roomsApiRoutes({
      ...limits,
      chat,
      publicRead: config['public-read'],
      hooksPrivate: config['hooks-private'],
    })
  },
}
