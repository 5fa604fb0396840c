import type { Protocol } from '../protocol.ts'

const OPTIONS = {
  'globes-public-rooms': {
    type: 'string',
    default: 'owned',
    choices: ['owned', 'open', 'closed'],
    group: 'Listeners',
    describe:
      'users who may change and delete public rooms at Globes: the creator for an hour until others speak, and --admins; anybody; nobody',
  },
  'globes-any-origin': {
    type: 'boolean',
    default: false,
    group: 'Listeners',
    describe: 'pages of any origin may open the WebSocket of a room at Globes; else those of --http-origins',
  },
  'globes-secret': {
    type: 'string',
    default: undefined,
    secret: true,
    group: 'Listeners',
    describe:
      "key that signs Globes' tokens, at least 16 characters; without it, a random one is made and kept with the data",
  },
  'globes-secret-file': {
    type: 'string',
    default: undefined,
    group: 'Listeners',
    describe: 'file whose only line is the value of --globes-secret',
  },
} as const

const MIN_SECRET = 16

const load = () => import('./routes.ts')

/** Globes on the HTTP port (docs/protocols/globes.md). */
export const globesProtocol: Protocol<typeof OPTIONS> = {
  name: 'globes',
  options: OPTIONS,
  load,
  objection({ 'globes-secret': secret, 'globes-secret-file': file }) {
    if (secret === undefined || secret.length >= MIN_SECRET) return undefined
    // The message does not contain the value, as it is a secret.
    const given = file === undefined ? '--globes-secret' : `--globes-secret-file ${file}: --globes-secret`
    return `${given} needs at least ${MIN_SECRET} characters`
  },
  async routes(config, { chat, limits }) {
    const { globesRoutes } = await load()
    return globesRoutes({
      ...limits,
      chat,
      publicRooms: config['globes-public-rooms'],
      secret: config['globes-secret'],
      anyOrigin: config['globes-any-origin'],
    })
  },
}
