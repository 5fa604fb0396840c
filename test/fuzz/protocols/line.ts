/** The line protocol over TCP, TLS and WebSocket. */
import fc from 'fast-check'
import { delivered } from '../delivery.ts'
import { checkHttp } from '../replies/http.ts'
import { checkAnswers, checkLines } from '../replies/line.ts'
import { type Protocol, type Session, send } from '../session.ts'
import { mostly } from '../values.ts'
import { lines } from './line-text.ts'
import { talk } from './websocket.ts'

const end = mostly(10, fc.constantFrom('\n', '\r\n'), fc.constantFrom('\r', '\r\0', '\n\r', '\0', ''))
const script = fc.tuple(lines, end).map(([said, after]) => said.map((line) => send(`${line}${after}`)))

function check(received: Buffer, complete: boolean, { steps }: Session): number {
  const count = checkLines(received, complete)
  if (complete)
    checkAnswers(Buffer.concat(steps.flatMap((step) => (step.kind === 'send' ? [step.bytes] : []))), received)
  return count
}

export const line: Protocol = { listener: 'line', sessions: delivered(script), check }
export const lineTls: Protocol = { listener: 'line-tls', sessions: delivered(script, true), check }
export const lineWebSocket: Protocol = {
  listener: 'http',
  sessions: delivered(lines.chain((said) => talk('/line', said))),
  check: checkHttp,
}
