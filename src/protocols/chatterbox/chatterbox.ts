import { type Protocol, placed } from '../protocol.ts'

const OPTIONS = {
  chatterbox: { type: 'port', default: 9000, group: 'Listeners', describe: 'Chatterbox over TLS' },
  'chatterbox-plain': { type: 'port', default: undefined, group: 'Listeners', describe: 'Chatterbox over TCP' },
  'chatterbox-user-list': {
    type: 'string',
    default: 'objects',
    choices: ['objects', 'names'],
    group: 'Listeners',
    describe: "form of Chatterbox's USER_LIST",
  },
  'chatterbox-history': {
    type: 'number',
    default: 1_000,
    group: 'Listeners',
    describe: "maximum number of earlier messages in Chatterbox's login reply, which holds at most 256 KB of them",
  },
  'chatterbox-inbox': {
    type: 'boolean',
    default: true,
    group: 'Listeners',
    describe:
      "include earlier private messages in Chatterbox's login reply; a guest's name does not prove who receives them",
  },
} as const

const load = () => import('./ports.ts')

/** Chatterbox over TLS and over TCP (docs/protocols/chatterbox.md). */
export const chatterboxProtocol: Protocol<typeof OPTIONS> = {
  name: 'chatterbox',
  options: OPTIONS,
  load,
  needsTls: (config) => config.chatterbox !== undefined,
  async listeners(config, host) {
    const { chatterboxListeners } = await load()
    const open = chatterboxListeners(host, {
      userList: config['chatterbox-user-list'],
      history: config['chatterbox-history'],
      inbox: config['chatterbox-inbox'],
    })
    return placed(
      [config.chatterbox, () => open(host.certificate)],
      [config['chatterbox-plain'], () => open(undefined)],
    )
  },
}
