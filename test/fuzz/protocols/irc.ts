/** IRC over TCP and WebSocket. */
import fc from 'fast-check'
import { CAPS } from '../../../src/protocols/irc/caps.ts'
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
/** Mostly free: a request for one that is held may wait for seconds, as its holder may be leaving. */
const nick = mostly(
  8,
  fc.nat(999).map((number) => `guest${number}`),
  name,
)
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
  fc.subarray([...CAPS], { minLength: 1 }).map((caps) => `CAP REQ :${caps.join(' ')}`),
  fc.subarray([...CAPS], { minLength: 1, maxLength: 4 }).map((caps) => `CAP REQ :-${caps.join(' -')}`),
  joined(word('AWAY', 'QUIT', 'SETNAME', 'WALLOPS', 'MOTD', 'HELP', 'USERHOST', 'ISON'), trailing),
  joined(word('TOPIC', 'PART'), channel, trailing),
  joined(word('INVITE'), name, channel),
  joined(word('REDACT'), channel, word('1', '17', 'x', '9'.repeat(16)), trailing),
  joined(word('REGISTER'), mostly(4, fc.constant('*'), name), word('*', 'a@b.example'), password),
  joined(word('OPER', 'KILL'), name, password),
  joined(word('WHO'), target, fc.stringMatching(/^[a-z]{0,3}%[a-z]{0,14}(?:,[0-9]{1,4})?$/)),
  joined(word('LIST'), word('>0', '<5', '#*', '*,>1,<9', '#l*', '!x', '>x')),
  joined(word('MODE'), channel, word('b', '+b', '+bbbb', '-b+b', '+k', '-k', '+ov'), word('*!*@*', 'a*!b@c', '*', '')),
  joined(word('TAGMSG'), target),
  joined(word('NICK'), nick),
  joined(word('WHO', 'WHOIS', 'WHOWAS', 'NAMES', 'LIST', 'TOPIC', 'PART'), target),
  { weight: 4, arbitrary: joined(spelling, mostly(2, target, oddText), oddText) },
  oddText,
)

const sasl = fc.tuple(name, password).map(([account, secret]) => {
  const response = Buffer.from(`\0${account}\0${secret}`).toString('base64')
  const chunks = response.match(/.{1,400}/g) ?? []
  return ['AUTHENTICATE PLAIN', ...chunks.map((chunk) => `AUTHENTICATE ${chunk}`)]
})
const opening = fc
  .tuple(
    nick,
    mostly(2, fc.constant<readonly string[]>([]), fc.constant(CAPS), fc.subarray<string>([...CAPS])),
    mostly(6, fc.constant(''), password),
    mostly(20, fc.constant<string[]>([]), sasl),
  )
  .map(([own, caps, secret, proof]) => [
    ...(caps.length > 0 ? ['CAP LS 302', `CAP REQ :${caps.join(' ')}`] : []),
    ...proof,
    ...(secret === '' ? [] : [`PASS :${secret}`]),
    `NICK ${own}`,
    `USER ${own} 0 * :${own}`,
    ...(caps.length > 0 ? ['CAP END'] : []),
    'JOIN #lobby',
  ])

/** A message of several lines, in a batch that is mostly right. */
const multiline = fc
  .tuple(target, fc.array(trailing, { maxLength: 8 }), word('PRIVMSG', 'NOTICE'), fc.boolean())
  .chain(([to, texts, command, isJoint]) => {
    const parts = texts.map((part) => `@batch=m${isJoint ? ';draft/multiline-concat' : ''} ${command} ${to} ${part}`)
    return disordered([`@label=m BATCH +m draft/multiline ${to}`, ...parts, 'BATCH -m'])
  })
const single = fc.tuple(tags, request).map((both) => [both.join('')])
const lines = fc
  .tuple(opening, fc.array(fc.oneof({ weight: 12, arbitrary: single }, multiline), { maxLength: 20 }))
  .map(([first, rest]) => [...first, ...rest.flat()])
  .chain(disordered)
const end = mostly(10, fc.constantFrom('\r\n', '\n'), fc.constantFrom('\r', '\n\r', '\0', ''))
const script = fc.tuple(lines, end).map(([said, after]) => said.map((line) => send(`${line}${after}`)))

export const irc: Protocol = { listener: 'irc', sessions: delivered(script), check: checkIrcLines }
export const ircWebSocket: Protocol = {
  listener: 'http',
  sessions: delivered(
    fc
      .tuple(lines, word('text.ircv3.net', 'binary.ircv3.net', 'x, binary.ircv3.net', '()'))
      .chain(([said, offered]) => talk('/irc', said, [`Sec-WebSocket-Protocol: ${offered}`])),
  ),
  check: checkHttp,
}
