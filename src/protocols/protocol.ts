import type { Logger } from 'pino'
import type { Chat } from '../chat/chat.ts'
import type { OptionTable, ValuesOf } from '../option.ts'
import type { Admission } from '../transport/admission.ts'
import type { ConnectionLimits } from '../transport/connection-options.ts'
import type { Routes } from '../transport/http/routes.ts'
import type { Certificate, Port } from '../transport/port.ts'
import type { Tally } from '../transport/tally.ts'
import type { Vitals } from './operation/vitals.ts'

/** The daemon as its protocols see it. */
export interface ProtocolHost {
  readonly chat: Chat
  readonly log: Logger
  readonly tally: Tally
  readonly admission: Admission
  /** Undefined where no protocol needs one. */
  readonly certificate: Certificate | undefined
  readonly limits: ConnectionLimits
  /** Maximum number of bytes of a line. */
  readonly maxLine: number
  /** Maximum number of characters of a message. */
  readonly maxText: number
  /** Names of the accounts that are admins. */
  readonly admins: readonly string[]
  readonly vitals: Vitals
  /** The paths of all protocols on the HTTP port. */
  routes(): Promise<readonly Routes[]>
  /** The port of the HTTP listener, once it listens. */
  httpPort(): number | undefined
}

/** A port to listen on, with the number from the configuration. */
export interface PlacedPort {
  readonly port: Port
  readonly number: number
}

/**
 * A protocol: each folder exports one of these. It is loaded with the command line, so what it stands on is loaded by `load`, which
 * the daemon calls while the store opens.
 */
export interface Protocol<Options extends OptionTable> {
  readonly name: string
  readonly options: Options
  /** Whether a port of this configuration needs the certificate. */
  needsTls(config: ValuesOf<Options>): boolean
  load(config: ValuesOf<Options>): unknown
  /** The protocol's own ports. */
  listeners?(config: ValuesOf<Options>, host: ProtocolHost): Promise<readonly PlacedPort[]>
  /** The protocol's paths on the HTTP port. */
  routes?(config: ValuesOf<Options>, host: ProtocolHost): Promise<Routes>
  /** Returns what is wrong with the values, each of which has passed its own check. */
  objection?(config: ValuesOf<Options>): string | undefined
}

/** The ports of those numbers that are given. */
export function placed(...ports: readonly (readonly [number: number | undefined, make: () => Port])[]): PlacedPort[] {
  return ports.flatMap(([number, make]) => (number === undefined ? [] : [{ number, port: make() }]))
}
