import { settledWithin } from '../../../within.ts'
import { type IrcCommand, type IrcContext, NOTHING } from '../command.ts'
import { isRequest } from '../ctcp.ts'
import { acknowledgement, batchEnd, LabelledReply, labelledBatch, labelOf, newBatch, refusalOf } from '../labels.ts'
import { type IrcMessage, ircLine, itemsOf, type Lines, tagText } from '../message.ts'
import { MultilineFault } from '../multiline.ts'
import { meantNick, SERVER } from '../names.ts'
import { spaceTo } from '../rooms.ts'
import type { IrcSession, SentMessage } from '../session.ts'
import { pass, sayTo, sendToEach, type TargetedText } from '../speech.ts'

const privmsg: IrcCommand = {
  name: 'PRIVMSG',
  usage: 'PRIVMSG <target>{,<target>} :<text>',
  help: 'Says something in channels or to users; it waits for the owner of an account who is away.',
  least: 0,
  pipelines: isSaid,
  run: speak,
}

const notice: IrcCommand = {
  name: 'NOTICE',
  usage: 'NOTICE <target>{,<target>} :<text>',
  help: 'Is a PRIVMSG that is never answered.',
  least: 0,
  pipelines: isSaid,
  run: speak,
}

const tagmsg: IrcCommand = {
  name: 'TAGMSG',
  usage: '@<tags> TAGMSG <target>{,<target>}',
  help: 'Passes client-only tags on, with the capability message-tags.',
  least: 1,
  async run(context, message) {
    if (!context.session.caps.has('message-tags')) return [context.reply('ERR_UNKNOWNCOMMAND', 'TAGMSG')]
    const [list = ''] = message.params
    return (await sendToEach(context, list, (target) => pass(context, target, { message, isNotice: false }))).lines
  },
}

/** IRCv3, "draft/multiline". */
const batch: IrcCommand = {
  name: 'BATCH',
  usage: 'BATCH +<reference> draft/multiline <target> | -<reference>',
  help: 'Begins and ends a message of several lines, with the capabilities batch and draft/multiline.',
  least: 1,
  async run(context, message) {
    const { session, multiline } = context
    const [reference = '', type = '', target = ''] = message.params
    if (!session.caps.has('draft/multiline') || !session.caps.has('batch'))
      return [context.reply('ERR_UNKNOWNCOMMAND', 'BATCH')]
    const { opening: begun } = multiline
    if (reference.startsWith('+')) {
      if (type !== 'draft/multiline') return [batchFailure('UNKNOWN_TYPE', type, 'Only batches of draft/multiline')]
      if (itemsOf(target).length === 0) return [context.reply('ERR_NEEDMOREPARAMS', 'BATCH')]
      multiline.open(reference.slice(1), target, message)
      // Each label is answered, that of a message which this one takes the place of too.
      const isAwaited = begun !== undefined && labelOf(begun, session) !== undefined
      return isAwaited ? unsent(new MultilineFault('MULTILINE_INVALID'), session, begun) : NOTHING
    }
    try {
      const { opening, isNotice, text, target: to } = multiline.close(reference.slice(1))
      const command = isNotice ? 'NOTICE' : 'PRIVMSG'
      const most = mostBytes(session, { to, command, text })
      if (Buffer.byteLength(text) > most) throw new MultilineFault('MULTILINE_MAX_BYTES', String(most))
      const lines = await sayToEach(context, to, { text, isNotice, message: opening })
      const asked = { ...opening, command, params: [to, text] }
      return new LabelledReply(asked, session).end(lines)
    } catch (error) {
      if (!(error instanceof MultilineFault)) throw error
      return unsent(error, session, begun)
    }
  },
}

function batchFailure(code: string, words: string, why: string): string {
  return ircLine(SERVER, 'FAIL', ['BATCH', code, ...words.split(' ').filter(Boolean), why])
}

/** Returns the answer to a message of several lines that is not said, with the label of its opening. */
function unsent({ code, context }: MultilineFault, session: IrcSession, opening: IrcMessage | undefined): Lines {
  const answer = batchFailure(code, context, 'The message has not been sent')
  return opening ? refusalOf(opening, session, answer) : [answer]
}

/** Returns true for a message that is committed, which keeps the order; requests of CTCP are passed on at once. */
function isSaid({ params: [, text = ''] }: IrcMessage): boolean {
  return !isRequest(text)
}

async function speak(context: IrcContext, message: IrcMessage): Promise<Lines> {
  const [list = '', text = ''] = message.params
  const isNotice = message.command === 'NOTICE'
  const { session, multiline } = context
  if (message.tags.has('batch') && session.caps.has('draft/multiline'))
    return multiline.add(message) ? NOTHING : unsent(new MultilineFault('MULTILINE_INVALID'), session, undefined)
  const objection = objectionTo(context, message)
  if (objection === undefined) return sayToEach(context, list, { text, isNotice, message })
  return isNotice ? acknowledgement(message, session) : refusalOf(message, session, objection)
}

function objectionTo({ session, reply }: IrcContext, { command, params }: IrcMessage): string | undefined {
  const [list = '', text = ''] = params
  if (itemsOf(list).length === 0) return reply('ERR_NORECIPIENT', command)
  if (text === '') return reply('ERR_NOTEXTTOSEND')
  const isCut = Buffer.byteLength(text) > mostBytes(session, { to: list, command, text })
  return isCut ? reply('ERR_INPUTTOOLONG') : undefined
}

/** Returns the bytes that a text may have: a request of CTCP that is cut has no end. */
function mostBytes(
  session: IrcSession,
  { to, command, text }: Readonly<Record<'to' | 'command' | 'text', string>>,
): number {
  return isRequest(text) ? spaceTo(session, to, command) : Number.POSITIVE_INFINITY
}

export const MESSAGE_COMMANDS: readonly IrcCommand[] = [privmsg, notice, tagmsg, batch]

/** Maximum time for which the end of a batch waits for the echoes in it, in ms. */
const MAX_ECHO_MS = 1_000

/** Says something to each target of a list. A NOTICE is never answered (RFC 2812, 3.3.2), but echoed; ACK is for the label of one that nobody gets. */
async function sayToEach(context: IrcContext, list: string, saying: TargetedText): Promise<Lines> {
  const { session } = context
  const { message, isNotice, text } = saying
  const label = labelOf(message, session)
  const isEchoed = session.caps.has('echo-message') && text !== '' && !isRequest(text)
  const targets = itemsOf(list)
  // Of a user who is away it is answered by RPL_AWAY, too.
  const isAnswered = !isNotice && targets.some((target) => context.chat.away.of(meantNick(target)) !== undefined)
  if (label !== undefined && isEchoed && (targets.length > 1 || isAnswered))
    return sayInBatch(context, list, saying, label)
  const sent = () => ({ tags: label === undefined ? undefined : { label } })
  const { lines, done } = await sendToEach(context, list, (target) => sayTo(context, target, saying, sent), isNotice)
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
  const { lines } = await sendToEach(
    context,
    list,
    (target) => sayTo(context, target, saying, inBatch),
    saying.isNotice,
  )
  // A session that has left the channel meanwhile is not shown the event of its message.
  await settledWithin(Promise.all(echoes), MAX_ECHO_MS)
  context.tell([...lines.map((line) => tagText([['batch', batch]]) + line), batchEnd(batch)])
  return NOTHING
}
