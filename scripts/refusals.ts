/** The generated table of what each protocol answers to each refusal. */
import { ERRORS } from '../commands/errors.ts'
import { Refusal, type RefusalCode } from '../src/chat/refusal.ts'
import { refusalMessage } from '../src/protocols/chatroom/wording.ts'
import { refusalText } from '../src/protocols/chatterbox/refusals.ts'
import { globesErrorOf, isGuess } from '../src/protocols/globes/refusals.ts'
import { answerTo } from '../src/protocols/globes/socket/refusals.ts'
import { numeric } from '../src/protocols/irc/numerics.ts'
import { refusedLine } from '../src/protocols/irc/refusals.ts'
import { MESSAGE_CODES } from '../src/protocols/piratchat/conversation.ts'
import { refusalStatus } from '../src/protocols/piratchat/requests.ts'
import { refusalProblem } from '../src/protocols/rooms-api/problems.ts'

/** The protocols and their kinds of requests, with what each answers to a refusal; undefined where it answers nothing. */
export const COLUMNS: Readonly<Record<string, (code: RefusalCode) => string | undefined>> = {
  line: (code) => ERRORS[code].text,
  Chatterbox: (code) => refusalText({ code, bound: '<limit>' }),
  'Piratchat, HTTP': (code) => String(refusalStatus(new Refusal(code)) ?? 500),
  'Piratchat, message': (code) => MESSAGE_CODES[code],
  'Globes, HTTP': (code) => {
    if (isGuess(code)) return 'wrong guess'
    const { status = 500, message = '' } = globesErrorOf(new Refusal(code), undefined) ?? {}
    return `${status} ${message}`.trimEnd()
  },
  'Globes, WebSocket': (code) => {
    const [close, text] = answerTo({ code, bound: '<limit>' }) ?? []
    return text === undefined ? undefined : `${close ?? 'notice'} ${text}`.trimEnd()
  },
  Chatroom: (code) => refusalMessage(code, { type: 'msg', to: '<nickname>', room: '<room>', bound: '<limit>' }),
  IRC: (code) => {
    const subjects = { channel: '#<room>', nick: '<nickname>' }
    const line = refusedLine(
      { code, bound: '<limit>' },
      (name, ...params) => numeric('<client>', name, ...params),
      subjects,
    )
    return line.replace(/^\S+ /, '').replace(' <client>', '')
  },
  'Rooms API': (code) => {
    const { status, message } = refusalProblem({ code, limit: undefined, bound: '<limit>' }) ?? {}
    return status === undefined ? undefined : `${status} ${message}`
  },
}

/** Every code of a refusal. */
export const REFUSAL_CODES = Object.keys(MESSAGE_CODES) as RefusalCode[]

/** The lines of the table. */
export function refusalRows(): string[] {
  const rows = REFUSAL_CODES.map((code) => {
    const cells = Object.values(COLUMNS).map((answer) => {
      const text = answer(code)
      return text === undefined ? '–' : `\`${text}\``
    })
    return `| \`${code}\` | ${cells.join(' | ')} |`
  })
  const names = ['code', ...Object.keys(COLUMNS)]
  return [`| ${names.join(' | ')} |`, `|${' --- |'.repeat(names.length)}`, ...rows]
}
