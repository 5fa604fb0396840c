import { Compile } from 'typebox/compile'
import { SERVER_LINE, type ServerLine } from '../../../commands/schema.ts'

const schema = Compile(SERVER_LINE)
/** Refusals of telnet options and the timing mark, which come between lines (docs/protocols/line.md, section 2.1). */
const TELNET = /\xff[\xfb-\xfe]./gs

/** The head of the response to a client that speaks HTTP, whose body is a line. */
const HTTP_HEAD = /^HTTP\/1\.1 400 .*?\r\n\r\n/s

/** Checks that bytes are lines of the published schema. Returns how many. */
export function checkLines(received: Buffer, complete: boolean): number {
  const text = new TextDecoder('utf-8', { fatal: complete }).decode(
    Buffer.from(received.toString('latin1').replace(TELNET, '').replace(HTTP_HEAD, ''), 'latin1'),
  )
  const lines = text.split('\n')
  const rest = lines.pop()
  if (complete && rest !== '') throw new Error(`half a line: ${rest}`)
  for (const line of lines) checkLine(line)
  return lines.length
}

export function checkLine(line: string): void {
  if (!schema.Check(JSON.parse(line))) throw new Error(`not a line of the schema: ${line}`)
}

const BYTE_ORDER_MARK = /^\xef\xbb\xbf/
/** Carriage returns, NULs and what telnet says may end lines, too. */
const MAY_END_LINES = /[\r\0\xff]/

/** Checks that each line that was sent has one reply (docs/protocols/line.md, section 1), unless the connection was ended for a reason. */
export function checkAnswers(sent: Buffer, received: Buffer): void {
  const text = sent.toString('latin1').replace(BYTE_ORDER_MARK, '')
  if (MAY_END_LINES.test(text)) return
  const replies = received
    .toString()
    .replace(HTTP_HEAD, '')
    .split('\n')
    .slice(0, -1)
    .map((line): ServerLine => JSON.parse(line))
    .filter(({ type }) => type === 'commandResult' || type === 'error' || type === 'notice')
  const isEnded = replies.some((reply) => 'reconnect' in reply || ('result' in reply && reply.result === 'Bye'))
  if (isEnded) return
  const lines = text.split('\n').length - (text.endsWith('\n') || text === '' ? 1 : 0)
  const answers = replies.filter(({ type }) => type !== 'notice').length
  if (answers !== lines) throw new Error(`${lines} lines, ${answers} replies`)
}
