import type { Logger } from 'pino'
import type { Chat } from '../chat/chat.ts'
import type { OptionTable, ValuesOf } from '../option.ts'
import type { Admission } from '../transport/admission.ts'
import type { ConnectionLimits } from '../transport/connection-options.ts'
import type { Routes } from '../transport/http/routes.ts'
import type { Certificate, Port } from '../transport/port.ts'
import type { Tally } from '../transport/tally.ts'
import type { Vitals } from './operation/vitals.ts'

/** Services of the daemon for its protocols. */
export interface ProtocolHost {
  readonly chat: Chat
  readonly log: Logger
  readonly tally: Tally
  readonly admission: Admission
  /** Undefined if no protocol needs TLS. */
  readonly certificate: Certificate | undefined
  readonly limits: ConnectionLimits
  readonly maxLine: number
  readonly vitals: Vitals
  /** Reloads the certificate for new connections. An invalid one is logged, and the old one stays in use. */
  reload(): Promise<void>
  /** The paths of all protocols on the HTTP port. */
  routes(): Promise<readonly Routes[]>
  /** The port of the HTTP listener in words for a person, such as `7777 with TLS`, once it listens. */
  httpPort(): string | undefined
  /** The same of the listener for lines. */
  linePort(): string | undefined
  /** The same of the IRC listener. */
  ircPort(): string | undefined
}

export interface PlacedPort {
  readonly port: Port
  readonly number: number
}

/**
 * The declaration of a protocol, one in each folder. It is loaded with the command line; the implementation is loaded by `load`, which
 * the daemon calls while the store opens.
 */
export interface Protocol<Options extends OptionTable> {
  readonly name: string
  readonly options: Options
  /** Returns true if a port of this configuration uses TLS; undefined if none does. */
  needsTls?(config: ValuesOf<Options>): boolean
  load(config: ValuesOf<Options>): unknown
  /** The protocol's own ports. */
  listeners?(config: ValuesOf<Options>, host: ProtocolHost): Promise<readonly PlacedPort[]>
  /** The protocol's paths on the HTTP port. */
  routes?(config: ValuesOf<Options>, host: ProtocolHost): Promise<Routes>
  /** Checks values that depend on each other. Returns an error message, or undefined if they are valid. */
  objection?(config: ValuesOf<Options>): string | undefined
}

export function placed(...ports: readonly (readonly [number: number | undefined, make: () => Port])[]): PlacedPort[] {
  return ports.flatMap(([number, make]) => (number === undefined ? [] : [{ number, port: make() }]))
}
