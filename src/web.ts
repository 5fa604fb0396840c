/** What the HTTP port carries; loaded only where it is wanted. */
import type { Config } from './config.ts'
import type { Admission } from './transport/admission.ts'
import { globesRoutes } from './protocols/globes/globes.ts'
import { Http } from './transport/http/http.ts'
import { Proxies } from './transport/http/proxies.ts'
import type { LineOptions } from './protocols/line/connection.ts'
import { lineRoutes, maxMessageOf } from './protocols/line/websocket.ts'
import { operationRoutes } from './protocols/operation/operation.ts'
import type { Vitals } from './protocols/operation/vitals.ts'
import { pageRoutes } from './protocols/page/page.ts'
import { piratchatRoutes } from './protocols/piratchat/piratchat.ts'
import type { Certificate } from './transport/port.ts'

/** Connections to the HTTP port that are kept for the operator's probes. */
const SPARE = 8

export interface Web {
  readonly line: LineOptions
  readonly vitals: Vitals
  readonly admission: Admission
  readonly certificate: Certificate | undefined
}

/** A protocol is one line here. */
export function webOf(config: Config, { line, vitals, admission, certificate }: Web): Http {
  const { log, tally } = line
  const globes = {
    ...line,
    maxText: config['max-text'],
    publicRooms: config['globes-public-rooms'],
    admins: config.admins,
    secret: config['globes-secret'],
    anyOrigin: config['globes-any-origin'],
  }
  const http = {
    log,
    admission,
    tally,
    certificate: config['http-tls'] ? certificate : undefined,
    origins: config['http-origins'],
    spare: SPARE,
    proxies: new Proxies(config['http-trust-proxy']),
    maxMessage: maxMessageOf(config['max-line']),
  }
  return new Http(http, [
    pageRoutes,
    operationRoutes(vitals),
    lineRoutes(line),
    piratchatRoutes({ ...line, escape: config['piratchat-escape'] }),
    globesRoutes(globes),
  ])
}
