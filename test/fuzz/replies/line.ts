import { Compile } from 'typebox/compile'
import { ServerLine } from '../../../commands/schema.ts'

const schema = Compile(ServerLine)
/** Refusals of telnet options and the timing mark, which come between lines (docs/protocols/line.md, section 2.1). */
const TELNET = /\xff[\xfb-\xfe]./gs

/** Checks that bytes are lines of the published schema. Returns how many. */
export function checkLines(received: Buffer, complete: boolean): number {
  const text = new TextDecoder('utf-8', { fatal: complete }).decode(
    Buffer.from(received.toString('latin1').replace(TELNET, ''), 'latin1'),
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
