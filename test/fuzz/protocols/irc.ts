/** IRC over TCP and WebSocket. */
import fc from 'fast-check'
import { COMMANDS } from '../../../src/protocols/irc/commands/index.ts'
import { delivered } from '../delivery.ts'
import { disordered } from '../mutate-order.ts'
import { checkHttp } from '../replies/http.ts'
import { checkIrcLines } from '../replies/irc.ts'
import { type Protocol, send } from '../session.ts'
import { mostly, name, oddText, password, room, text } from '../values.ts'
import { talk } from './websocket.ts'

const channel = mostly(
  6,
  room.map((slug) => `#${slug}`),
  fc.constantFrom('#lobby', '#', '&x', '#a,#b,,#c', '#x:y', '0'),
)
const target = fc.oneof(channel, name)
const reference = fc.constantFrom('*', 'msgid=1', 'timestamp=2026-11-26T18:00:00.000Z', 'msgid=9e99', 'timestamp=x')
const number = fc.integer({ min: -2, max: 2_000 }).map(String)
const tags = mostly(
  4,
  fc.constant(''),
  fc.constantFrom(
    '@label=a ',
    '@+typing=active ',
    '@batch=1 ',
    '@+a=\\:\\s\\\\;b;=c ',
    '@ ',
    '@batch=1;draft/multiline-concat ',
  ),
  oddText.map((value) => `@+x=${value} `),
)
const joined = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((words) => words.join(' '))
const word = (...words: string[]) => fc.constantFrom(...words)
const spelling = fc.constantFrom(...COMMANDS.keys())
const trailing = text.map((said) => `:${said}`)

const request: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: joined(word('PRIVMSG', 'NOTICE'), target, trailing) },
  { weight: 2, arbitrary: channel.map((to) => `JOIN ${to}`) },
  joined(
    word('PRIVMSG'),
    target,
    fc.tuple(word('ACTION ', 'VERSION', ''), oddText).map((both) => `:\u0001${both.join('')}\u0001`),
  ),
  joined(word('MODE'), channel, fc.stringMatching(/^[+-][bikmnostvx+-]{0,8}$/), name),
  joined(word('KICK'), channel, name, trailing),
  joined(
    word('CHATHISTORY'),
    word('LATEST', 'BEFORE', 'AFTER', 'AROUND', 'BETWEEN', 'TARGETS'),
    channel,
    reference,
    number,
    number,
  ),
  joined(
    word('MONITOR'),
    word('+', '-', 'C', 'L', 'S', ''),
    fc.array(name).map((names) => names.join(',')),
  ),
  joined(word('BATCH'), word('+1', '-1', '+', '-'), word('draft/multiline', ''), target),
  joined(word('AUTHENTICATE'), word('PLAIN', '*', '+', 'AAAA', 'A'.repeat(400))),
  joined(word('CAP'), word('LS', 'REQ', 'END', 'LIST', ''), word('302', ':batch draft/multiline', ':-batch', ':x')),
  joined(word('NICK'), name),
  joined(word('WHO', 'WHOIS', 'WHOWAS', 'NAMES', 'LIST', 'TOPIC', 'PART'), target),
  { weight: 4, arbitrary: joined(spelling, mostly(2, target, oddText), oddText) },
  oddText,
)

const CAPS =
  ':batch draft/multiline labeled-response message-tags echo-message server-time draft/chathistory draft/event-playback'
const opening = fc
  .tuple(name, fc.boolean(), mostly(6, fc.constant(''), password))
  .map(([nick, hasCaps, secret]) => [
    ...(hasCaps ? [`CAP REQ ${CAPS}`] : []),
    ...(secret === '' ? [] : [`PASS :${secret}`]),
    `NICK ${nick}`,
    `USER ${nick} 0 * :${nick}`,
    ...(hasCaps ? ['CAP END'] : []),
    'JOIN #lobby',
  ])
const lines = fc
  .tuple(opening, fc.array(fc.tuple(tags, request), { maxLength: 20 }))
  .map(([first, rest]) => [...first, ...rest.map((both) => both.join(''))])
  .chain(disordered)
const end = mostly(10, fc.constantFrom('\r\n', '\n'), fc.constantFrom('\r', '\n\r', '\0', ''))
const script = fc.tuple(lines, end).map(([said, after]) => said.map((line) => send(`${line}${after}`)))

export const irc: Protocol = { listener: 'irc', sessions: delivered(script), check: checkIrcLines }
export const ircWebSocket: Protocol = {
  listener: 'http',
  sessions: delivered(lines.chain((said) => talk('/irc', said))),
  check: checkHttp,
}
