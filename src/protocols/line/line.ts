import { type Protocol, placed } from '../protocol.ts'

const OPTIONS = {
  line: { type: 'port', default: 9090, group: 'Listeners', describe: 'line protocol over TCP' },
  'line-tls': { type: 'port', default: undefined, group: 'Listeners', describe: 'line protocol over TLS' },
  'line-ascii': {
    type: 'boolean',
    default: false,
    group: 'Listeners',
    describe: 'write every non-ASCII character as \\uXXXX',
  },
} as const

const load = () => import('./ports.ts')

/** The line protocol over TCP, TLS, and WebSocket at /line (docs/protocols/line.md). */
export const lineProtocol: Protocol<typeof OPTIONS> = {
  name: 'line',
  options: OPTIONS,
  load,
  needsTls: (config) => config['line-tls'] !== undefined,
  async listeners(config, host) {
    const { lineListener, lineOptions } = await load()
    const options = lineOptions(host, config['line-ascii'])
    const { admission, certificate } = host
    return placed(
      [config.line, () => lineListener(options, admission)],
      [config['line-tls'], () => lineListener(options, admission, certificate)],
    )
  },
  async routes(config, host) {
    const { lineRoutes, webSocketLineOptions } = await load()
    return lineRoutes(webSocketLineOptions(host, config['line-ascii']))
  },
}
