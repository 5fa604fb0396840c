import { settledWithin } from '../../within.ts'
import { type IrcContext, NOTHING } from './command.ts'
import { isRequest } from './ctcp.ts'
import { acknowledgement, batchEnd, labelledBatch, labelOf, newBatch } from './labels.ts'
import { type Lines, tagText } from './message.ts'
import type { SentMessage } from './session.ts'
import { sayTo, type TargetedText, targetsOf, toEach } from './speech.ts'

/** Maximum time for which the end of a batch waits for the echoes in it, in ms. */
const MAX_ECHO_MS = 1_000

/** Says something to each target of a list. A NOTICE is never answered (RFC 2812, 3.3.2), but echoed; ACK is for the label of one that nobody gets. */
export async function sayToEach(context: IrcContext, list: string, saying: TargetedText): Promise<Lines> {
  const { session } = context
  const { message, isNotice, text } = saying
  const label = labelOf(message, session)
  const isEchoed = session.caps.has('echo-message') && text !== '' && !isRequest(text)
  if (label !== undefined && isEchoed && targetsOf(list).length > 1) return sayInBatch(context, list, saying, label)
  const sent = () => ({ tags: label === undefined ? undefined : { label } })
  const { lines, done } = await toEach(context, list, (target) => sayTo(context, target, saying, sent), isNotice)
  return isNotice && done === 0 ? acknowledgement(message, session) : lines
}

/** Says something to several targets with a label and echoes: what it brings is one batch, which begins at once and ends behind the last echo. */
async function sayInBatch(context: IrcContext, list: string, saying: TargetedText, label: string): Promise<Lines> {
  const batch = newBatch()
  context.tell([labelledBatch(label, batch)])
  const echoes: Promise<void>[] = []
  const inBatch = (): SentMessage => {
    const { promise, resolve: settled } = Promise.withResolvers<void>()
    echoes.push(promise)
    return { tags: { batch }, settled }
  }
  const { lines } = await toEach(context, list, (target) => sayTo(context, target, saying, inBatch), saying.isNotice)
  // The event of a message is not shown to who has left the channel meanwhile.
  await settledWithin(Promise.all(echoes), MAX_ECHO_MS)
  context.tell([...lines.map((line) => tagText([['batch', batch]]) + line), batchEnd(batch)])
  return NOTHING
}
