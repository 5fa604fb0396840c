/** A daemon in this process, on ports the system chooses. */
import { type Logger, pino } from 'pino'
import { checkConfig } from '../../src/config.ts'
import { startDaemon } from '../../src/daemon.ts'
import { certificate } from './certificate.ts'

export interface TestDaemon {
  /** Port of the line protocol over TCP. */
  readonly line: number
  /** Port of the line protocol over TLS, where `overrides` have opened one. */
  readonly lineTls: number
  /** Port of any listener, by its protocol's name. */
  port(protocol: string): number
  stop(): Promise<void>
}

export type Overrides = Readonly<Record<string, unknown>>

/**
 * Starts a daemon without a database file, listening for lines over TCP; `overrides` are options as in src/options.ts. With `acceptsLast` it
 * accepts those who have connected when it stops, which takes longer.
 */
export async function startTestDaemon(
  overrides: Overrides = {},
  log: Logger = pino({ level: 'silent' }),
  acceptsLast = false,
): Promise<TestDaemon> {
  const { certFile, keyFile } = certificate()
  const config = checkConfig({
    line: 0,
    'line-tls': false,
    chatterbox: false,
    chatroom: false,
    irc: false,
    http: false,
    'tls-cert': certFile,
    'tls-key': keyFile,
    data: ':memory:',
    ...overrides,
  })
  // What secrets cost is tested by itself, and so is who connects as it stops (test/daemon/stop.test.ts).
  const daemon = await startDaemon(config, log, { cost: { ln: 4, r: 8, p: 1 }, acceptsLast })
  const port = (name: string): number => daemon.addresses.get(name)?.port ?? Number.NaN
  return { line: port('line'), lineTls: port('line-tls'), port, stop: () => daemon.stop() }
}
