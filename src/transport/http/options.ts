/** Options of the HTTP port, and of the server behind it. */
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { AddressList } from '../address-list.ts'
import type { Admission } from '../admission.ts'
import type { Certificate } from '../port.ts'
import type { Tally } from '../tally.ts'
import type { Visitor } from './visitor.ts'

export interface HttpPortOptions {
  readonly log: Logger
  readonly admission: Admission
  readonly tally: Tally
  /** The certificate for TLS; undefined for plain HTTP. */
  readonly certificate?: Certificate | undefined
  /** Origins, besides the server's own, whose pages may open WebSockets and send requests with side effects. */
  readonly origins: readonly string[]
  /** Trusted proxies, whose `X-Forwarded-For` is used. */
  readonly proxies: AddressList
  /** Maximum bytes of a WebSocket message at any path. */
  readonly maxMessage: number
  /** Number of connections from this machine that are admitted beyond the limits, for probes only (see `probe` in routes.ts). */
  readonly spare?: number
  /** Maximum time in which a request arrives, header and body. */
  readonly requestMs?: number
}

export interface AppOptions extends HttpPortOptions {
  readonly requestMs: number
  readonly visitors: WeakMap<Socket, Visitor>
  readonly loopback: boolean
}
