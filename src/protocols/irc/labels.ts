import type { Lines } from './command.ts'
import { type IrcMessage, tagText } from './message.ts'
import { SERVER } from './names.ts'
import type { IrcSession } from './session.ts'

/** Commands whose reply is the echo of the message, where that is to come. */
const ECHOED = new Set(['PRIVMSG', 'NOTICE'])
let batches = 0

/** Returns the label of a request; undefined without one. */
export function labelOf({ tags }: IrcMessage, { caps }: IrcSession): string | undefined {
  const label = tags.get('label')
  return label !== undefined && label !== '' && caps.has('labeled-response') ? label : undefined
}

/** Returns a reference for a batch. */
export function newBatch(): string {
  return `b${++batches}`
}

/** Returns the reply to a request with its label (IRCv3, "labeled-response"): one line, a batch, or ACK. */
export function labelled(lines: Lines, message: IrcMessage, session: IrcSession): Lines {
  const label = labelOf(message, session)
  if (label === undefined) return lines
  const [first, ...more] = lines
  if (first === undefined) {
    const isEchoed = ECHOED.has(message.command) && session.caps.has('echo-message')
    return isEchoed ? lines : [`${tagText([['label', label]])}:${SERVER} ACK`]
  }
  // A batch is one reply.
  const isOne = more.length === 0 || first.startsWith(`:${SERVER} BATCH +`)
  if (isOne) return [tagged('label', label, first), ...more]
  const batch = newBatch()
  return [
    `${tagText([['label', label]])}:${SERVER} BATCH +${batch} labeled-response`,
    ...lines.map((line) => tagged('batch', batch, line)),
    `:${SERVER} BATCH -${batch}`,
  ]
}

/** Adds a tag to a line. */
function tagged(key: string, value: string, line: string): string {
  const tag = tagText([[key, value]])
  return line.startsWith('@') ? `${tag.trimEnd()};${line.slice(1)}` : tag + line
}
