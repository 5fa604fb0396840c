/** The line protocol over TCP, TLS and WebSocket. */
import fc from 'fast-check'
import { delivered } from '../delivery.ts'
import { checkHttp } from '../replies/http.ts'
import { checkLines } from '../replies/line.ts'
import { type Protocol, send } from '../session.ts'
import { mostly } from '../values.ts'
import { lines } from './line-text.ts'
import { talk } from './websocket.ts'

const end = mostly(10, fc.constantFrom('\n', '\r\n'), fc.constantFrom('\r', '\r\0', '\n\r', '\0', ''))
const script = fc.tuple(lines, end).map(([said, after]) => said.map((line) => send(`${line}${after}`)))

export const line: Protocol = { listener: 'line', sessions: delivered(script), check: checkLines }
export const lineTls: Protocol = { listener: 'line-tls', sessions: delivered(script, true), check: checkLines }
export const lineWebSocket: Protocol = {
  listener: 'http',
  sessions: delivered(lines.chain((said) => talk('/line', said))),
  check: checkHttp,
}
