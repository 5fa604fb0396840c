import { type Protocol, placed } from '../protocol.ts'

const OPTIONS = {
  irc: { type: 'port', default: 6667, group: 'Listeners', describe: 'IRC over TCP' },
  'irc-tls': { type: 'port', default: undefined, group: 'Listeners', describe: 'IRC over TLS' },
  'irc-replay': {
    type: 'number',
    default: 50,
    max: 1_000,
    group: 'Listeners',
    describe: 'newest messages of a room that an IRC client without the capability chathistory gets when it joins',
  },
  motd: { type: 'string', default: undefined, group: 'Listeners', describe: 'text file that IRC clients are shown' },
} as const

const load = () => import('./ports.ts')

/** IRC over TCP, TLS, and WebSocket at /irc (docs/protocols/irc.md). */
export const ircProtocol: Protocol<typeof OPTIONS> = {
  name: 'irc',
  options: OPTIONS,
  load,
  needsTls: (config) => config['irc-tls'] !== undefined,
  async listeners(config, host) {
    const { ircListener, ircOptions } = await load()
    const options = ircOptions(host, config)
    const { admission, certificate } = host
    // A warning at the start if it cannot be read.
    void options.motd()
    return placed(
      [config.irc, () => ircListener(options, admission)],
      [config['irc-tls'], () => ircListener(options, admission, certificate)],
    )
  },
  async routes(config, host) {
    const { ircRoutes, ircOptions } = await load()
    return ircRoutes(ircOptions(host, config, 'text'), ircOptions(host, config, 'binary'))
  },
}
