import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Admission } from '../admission.ts'
import type { Certificate } from '../port.ts'
import type { Tally } from '../tally.ts'
import type { Proxies } from './proxies.ts'
import type { Visitor } from './visitor.ts'

export interface HttpOptions {
  readonly log: Logger
  readonly admission: Admission
  readonly tally: Tally
  /** TLS with this one; plain HTTP without. */
  readonly certificate: Certificate | undefined
  /** Origins, besides the server's own, whose pages may open WebSockets and send requests that change something. */
  readonly origins: readonly string[]
  readonly proxies: Proxies
  /** Bytes of a WebSocket message, at any path. */
  readonly maxMessage: number
  /** Connections from this machine that are let in beyond the bounds, for probes only (see `probe` in app.ts). */
  readonly spare?: number
  /** ms that a request may take to come, head and body. */
  readonly patience?: number
}

export interface AppOptions extends HttpOptions {
  readonly patience: number
  readonly visitors: WeakMap<Socket, Visitor>
  /** Whether it listens on this machine's own address only. */
  readonly loopback: boolean
}
