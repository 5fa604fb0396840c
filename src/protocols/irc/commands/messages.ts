import { type IrcCommand, type IrcContext, NOTHING } from '../command.ts'
import { LabelledReply } from '../labels.ts'
import { type IrcMessage, ircLine, type Lines } from '../message.ts'
import { MultilineFault } from '../multiline.ts'
import { SERVER } from '../names.ts'
import { pass, sayTo, toEach } from '../speech.ts'

const privmsg: IrcCommand = {
  name: 'PRIVMSG',
  least: 0,
  usage: 'PRIVMSG <target>{,<target>} :<text>',
  help: 'Says something in channels or to users; it waits for the owner of an account who is away.',
  pipelined: true,
  run: (context, message) => speak(context, message, false),
}

const notice: IrcCommand = {
  name: 'NOTICE',
  least: 0,
  usage: 'NOTICE <target>{,<target>} :<text>',
  help: 'Is a PRIVMSG that is never answered.',
  pipelined: true,
  // A NOTICE is never answered (RFC 2812, 3.3.2).
  run: async (context, message) => {
    await speak(context, message, true)
    return NOTHING
  },
}

const tagmsg: IrcCommand = {
  name: 'TAGMSG',
  least: 1,
  usage: '@<tags> TAGMSG <target>{,<target>}',
  help: 'Passes client-only tags on, with the capability message-tags.',
  run(context, message) {
    if (!context.session.caps.has('message-tags')) return [context.reply('ERR_UNKNOWNCOMMAND', 'TAGMSG')]
    return toEach(context, message.params[0] ?? '', (target) => pass(context, target, { message, isNotice: false }))
  },
}

/** IRCv3, "draft/multiline". */
const batch: IrcCommand = {
  name: 'BATCH',
  least: 1,
  usage: 'BATCH +<reference> draft/multiline <target> | -<reference>',
  help: 'Begins and ends a message of several lines, with the capabilities batch and draft/multiline.',
  async run(context, message) {
    const { session, multiline } = context
    const [reference = '', type = '', target = ''] = message.params
    const fail = (code: string, words: string, why: string) => [
      ircLine(SERVER, 'FAIL', ['BATCH', code, ...words.split(' ').filter(Boolean), why]),
    ]
    if (!session.caps.has('draft/multiline') || !session.caps.has('batch'))
      return [context.reply('ERR_UNKNOWNCOMMAND', 'BATCH')]
    if (reference.startsWith('+')) {
      if (type !== 'draft/multiline' || target === '')
        return fail('UNKNOWN_TYPE', type, 'Only batches of draft/multiline')
      multiline.open(reference.slice(1), target, message)
      return NOTHING
    }
    try {
      const { opening, isNotice, text, target: to } = multiline.close(reference.slice(1))
      const lines = await toEach(context, to, (each) => sayTo(context, each, { text, isNotice, message: opening }))
      return new LabelledReply({ ...opening, command: isNotice ? 'NOTICE' : 'PRIVMSG', params: [] }, session).end(
        isNotice ? NOTHING : lines,
      )
    } catch (error) {
      if (!(error instanceof MultilineFault)) throw error
      return fail(error.code, error.context, 'The message has not been sent')
    }
  },
}

async function speak(context: IrcContext, message: IrcMessage, isNotice: boolean): Promise<Lines> {
  const [list = '', text = ''] = message.params
  const { reply, session, multiline } = context
  if (message.tags.has('batch') && session.caps.has('draft/multiline')) {
    multiline.add(message)
    return NOTHING
  }
  if (list === '') return [reply('ERR_NORECIPIENT', message.command)]
  if (text === '') return [reply('ERR_NOTEXTTOSEND')]
  return toEach(context, list, (target) => sayTo(context, target, { text, isNotice, message }))
}

export const MESSAGE_COMMANDS: readonly IrcCommand[] = [privmsg, notice, tagmsg, batch]
