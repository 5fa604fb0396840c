import { AddressList } from '../transport/address-list.ts'
import { isOrigin } from '../transport/http/origin.ts'
import { httpPort } from '../transport/http/port.ts'
import { maxMessageOf } from '../transport/websocket.ts'
import { type Protocol, placed } from './protocol.ts'

const OPTIONS = {
  http: {
    type: 'port',
    default: 7777,
    group: 'Listeners',
    describe: 'HTTP and WebSocket: the page, Piratchat, Globes, the line protocol at /line, health and metrics',
  },
  'http-tls': { type: 'boolean', default: false, group: 'Listeners', describe: 'TLS on the port of --http' },
  'http-origins': {
    type: 'list',
    default: 'none',
    group: 'Listeners',
    describe: "origins, besides the server's own, whose pages may use the HTTP port: https://chat.example,…",
  },
  'http-trust-proxy': {
    type: 'list',
    default: 'none',
    group: 'Listeners',
    describe: 'addresses of trusted proxies, whose X-Forwarded-For is used: 127.0.0.1,10.0.0.0/8,…',
  },
} as const

/** Number of connections to the HTTP port reserved for the operator's probes. */
const SPARE = 8

/** The HTTP port, shared by all protocols with paths. */
export const httpProtocol: Protocol<typeof OPTIONS> = {
  name: 'http',
  options: OPTIONS,
  load: (config) => config.http !== undefined && import('../transport/http/app.ts'),
  needsTls: (config) => config['http-tls'] && config.http !== undefined,
  objection(config) {
    const origin = config['http-origins'].find((text) => !isOrigin(text))
    if (origin !== undefined) return `--http-origins are such as https://chat.example, not ${origin}`
    const address = config['http-trust-proxy'].find((text) => !AddressList.isAddress(text))
    if (address === undefined) return undefined
    return `--http-trust-proxy are addresses such as 127.0.0.1 or 10.0.0.0/8, not ${address}`
  },
  async listeners(config, { log, tally, admission, certificate, maxLine, routes }) {
    if (config.http === undefined) return []
    const options = {
      log,
      tally,
      admission,
      certificate: config['http-tls'] ? certificate : undefined,
      origins: config['http-origins'],
      proxies: new AddressList(config['http-trust-proxy']),
      maxMessage: maxMessageOf(maxLine),
      spare: SPARE,
    }
    const paths = await routes()
    return placed([config.http, () => httpPort(options, paths)])
  },
}
