import { settledWithin } from '../../within.ts'
import type { IrcContext } from './command.ts'
import { batchEnd, hasEchoBatch, labelledBatch, labelOf, newBatch } from './labels.ts'
import { type IrcMessage, type Lines, tagText } from './message.ts'
import { SERVER } from './names.ts'
import type { IrcSession, SentMessage } from './session.ts'
import { sayTo, type TargetedText, toEach } from './speech.ts'

/** Maximum time for which the end of a batch waits for the echoes in it, in ms. */
const MAX_ECHO_MS = 1_000

/**
 * Says something to each target of a list. With a label and echoes, what it brings is one batch, which begins at once and ends behind the last
 * echo.
 */
export async function sayToEach(context: IrcContext, list: string, saying: TargetedText): Promise<Lines> {
  const { session } = context
  const { message, isNotice, text } = saying
  const label = labelOf(message, session)
  if (label === undefined || !hasEchoBatch(list, text, session)) {
    const lines = await toEach(context, list, (target) => sayTo(context, target, saying, labelled(label)))
    return isNotice ? echoOf(lines, message, session) : lines
  }
  const batch = newBatch()
  context.tell([labelledBatch(label, batch)])
  const echoes: Promise<void>[] = []
  const inBatch = () => {
    const { promise, resolve: settled } = Promise.withResolvers<void>()
    echoes.push(promise)
    return { tags: { batch }, settled }
  }
  const lines = await toEach(context, list, (target) => sayTo(context, target, saying, inBatch))
  // The event of a message is not shown to who has left the channel meanwhile.
  await settledWithin(Promise.all(echoes), MAX_ECHO_MS)
  const answers = isNotice ? [] : lines.map((line) => tagText([['batch', batch]]) + line)
  return [...answers, batchEnd(batch)]
}

function labelled(label: string | undefined): () => SentMessage {
  return () => ({ tags: label === undefined ? undefined : { label } })
}

/** Returns the lines that are an echo: a NOTICE is never answered (RFC 2812, 3.3.2). ACK is for the label of one that is refused. */
export function echoOf(lines: Lines, message: IrcMessage, session: IrcSession): Lines {
  const echo = lines.filter((line) => !line.startsWith(`:${SERVER} `))
  const isRefused = lines.length > 0 && echo.length === 0
  return isRefused && labelOf(message, session) !== undefined ? [`:${SERVER} ACK`] : echo
}
