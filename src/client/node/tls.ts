/** The line protocol over TLS, for Node. Apart from sockets.ts, as the library for TLS takes its time to load. */
import { type ConnectionOptions, connect } from 'node:tls'
import type { Dial } from '../transport.ts'
import { carryLines } from './sockets.ts'

export function tls(options: ConnectionOptions): Dial {
  return (listener) => carryLines(connect(options), 'secureConnect', listener)
}
