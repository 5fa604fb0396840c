import { LONGEST_NAME, NICKNAME_PATTERN, NICKNAME_WORDS, SLUG_RULE, SLUG_WORDS } from '../src/chat/names.ts'
import type { Command } from './command.ts'
import type { NameRule } from './replies.ts'

/** Rule for the nicknames of LOGIN: the core's names without a space (docs/protocols/line.md, section 2.3). */
const NICKNAMES: NameRule = { pattern: NICKNAME_PATTERN, minLength: 1, maxLength: LONGEST_NAME }

/** Rule for the room names of JOIN (docs/protocols/line.md, section 2.4), which the core checks. */
const ROOMS: NameRule = SLUG_RULE

const NAMES_TEXT = `A nickname has ${NICKNAME_WORDS}\nA room name has ${SLUG_WORDS}`

export const limits: Command = {
  name: '/limits',
  usage: '/limits',
  help: 'The purpose of this server, if it tells one, and its limits: longest line and message, rules for names of users and rooms, and the rate that holds for you.',
  state: 'any',
  least: 0,
  run({ chat: { maxText, welcome }, maxLine, pace: { rate, burst } }) {
    const sizes = `A line has at most ${maxLine} bytes, a message at most ${maxText} characters`
    const pace = rate > 0 ? `; ${rate} lines a second are read, ${burst} at once` : ''
    const bounds = `${sizes}${pace}\n${NAMES_TEXT}`
    return {
      type: 'commandResult',
      result: welcome === undefined ? bounds : `${welcome}\n${bounds}`,
      limits: {
        line: maxLine,
        text: maxText,
        nickname: NICKNAMES,
        room: ROOMS,
        ...(rate > 0 && { rate: { perSecond: rate, burst } }),
        ...(welcome !== undefined && { welcome }),
      },
    }
  },
}
