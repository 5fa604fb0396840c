/** docs/protocols/irc.md, section 1: replies of several lines lose nothing, and no line is too long, also with the longest names. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { CAPS } from '../../../src/protocols/irc/caps.ts'
import type { IrcClient } from '../../clients/irc.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { codes, ircSuite } from './suite.ts'

const motd = join(temporaryFolder(), 'motd')
const suite = ircSuite({ motd, 'max-rooms-per-address': 100, 'max-per-address': 200 })

/** Nicknames of 32 characters: of 3 and of 4 bytes. */
const LONG = Array.from({ length: 12 }, (_, n) => `${'語'.repeat(30)}${String(n).padStart(2, '0')}`)
const LONGEST = '𠮷'.repeat(32)
/** The name of a channel with the most bytes. */
const CHANNEL = `#${'語'.repeat(30)}`
/** A title that is longer than the name of a channel may be. */
const TITLE = '𠮷'.repeat(70)

let reader: IrcClient
let others: IrcClient[]

beforeEach(async () => {
  reader = await suite.guest(LONGEST)
  others = await Promise.all(LONG.map((nick) => suite.guest(nick)))
})

/** Everything that lines bring to the reader, none of which is too long. */
async function ask(...lines: string[]): Promise<string[]> {
  const answer = await reader.ask(...lines)
  for (const line of answer) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(510)
  return answer
}

/** The words of the last parameters of the lines with a code, of which there are several. */
function wordsOf(lines: readonly string[], code: string, joint = ' '): string[] {
  const texts = lines.filter((line) => codes([line])[0] === code).map((line) => line.replace(/^:\S+ .*? :/, ''))
  expect(texts.length).toBeGreaterThan(1)
  return texts.flatMap((text) => text.split(joint))
}

/** Makes a room with a title. */
async function makeRoom(title: string): Promise<void> {
  const lin = await suite.line('lin', 'titled')
  await lin.ask(`/title ${title}`)
}

test('46. a title that is too long for the name of a channel is shown as its slug, and messages are whole', async () => {
  await makeRoom(TITLE)
  const [other] = others
  const [joined = ''] = await ask(`JOIN #${TITLE}`)
  const [, slug] = / JOIN #([\w-]+)$/.exec(joined) ?? []
  await other?.ask(`JOIN #${slug}`)
  await ask(`PRIVMSG #${TITLE} :${'x'.repeat(200)}`)
  const said = (await other?.rest())?.map((line) =>
    line.replace(`:${LONGEST}!~${LONGEST}@guest.roomd PRIVMSG #${slug} :`, ''),
  )
  expect(said?.join('')).toBe('x'.repeat(200))
})

test('14. 353 lists the members of a channel over several lines, with userhost-in-names too', async () => {
  await makeRoom(CHANNEL.slice(1))
  for (const client of others) await client.ask(`JOIN ${CHANNEL}`)
  const names = wordsOf(await ask(`JOIN ${CHANNEL}`), '353')
  expect(names.toSorted()).toEqual(['@lin', ...LONG, LONGEST].toSorted())
  await ask('CAP REQ :userhost-in-names')
  const sources = wordsOf(await ask(`NAMES ${CHANNEL}`), '353')
  expect(sources.toSorted()).toEqual(
    ['@lin!~lin@guest.roomd', ...[...LONG, LONGEST].map((nick) => `${nick}!~${nick}@guest.roomd`)].toSorted(),
  )
})

test('17. 319 lists the channels of a user who is in many', async () => {
  const channels = Array.from({ length: 60 }, (_, n) => `#channel-of-a-long-name-${n}`)
  const [user] = others
  for (const channel of channels) await user?.ask(`JOIN ${channel}`)
  const lines = await ask(`WHOIS ${LONG[0]}`)
  expect(wordsOf(lines, '319').toSorted()).toEqual(channels.map((channel) => `@${channel}`).toSorted())
  expect(lines.at(-1)).toContain(' 318 ')
})

test('22. 367 lists the bans, each whole', async () => {
  const masks = LONG.map((nick) => `${nick}!*@*`)
  await ask('JOIN #bans', ...masks.map((mask) => `MODE #bans +b ${mask}`))
  const lines = await ask('MODE #bans b')
  expect(lines.slice(0, -1).map((line) => line.replace(/ :\d+$/, ''))).toEqual(
    masks.map((mask) => `:roomd 367 ${LONGEST} #bans ${mask} ${LONGEST}`),
  )
  expect(codes(lines.slice(-1))).toEqual(['368'])
})

test('20. with the longest names KICK, MODE, 333 and 367 are whole', async () => {
  const owner = '𠮺'.repeat(32)
  const channel = `#${'議'.repeat(30)}`
  reader = await suite.owner(owner)
  await ask('JOIN #whole')
  const lin = await suite.line('lin', 'whole')
  await ask('MODE #whole +o lin')
  await lin.ask(`/title ${channel.slice(1)}`)
  const other = await suite.guest('𠮻'.repeat(32))
  await other.ask(`JOIN ${channel}`)
  await reader.rest()
  const nick = '𠮻'.repeat(32)
  const source = `${owner}!${owner}@account.roomd`
  expect(
    await ask(
      `TOPIC ${channel} :subject`,
      `MODE ${channel} +v ${nick}`,
      `KICK ${channel} ${nick}`,
      `MODE ${channel} +b ${nick}`,
    ),
  ).toEqual([
    `:${source} TOPIC ${channel} :subject`,
    `:${source} MODE ${channel} +v ${nick}`,
    expect.stringContaining(`:${source} KICK ${channel} ${nick} :`),
    `:${source} MODE ${channel} +b ${nick}!*@*`,
  ])
  const [ban = ''] = await ask(`MODE ${channel} b`)
  expect(ban.replace(/\d{10}$/, 'AT')).toBe(`:roomd 367 ${owner} ${channel} ${nick}!*@* ${owner} :AT`)
  const [, at = ''] = await ask(`TOPIC ${channel}`)
  expect(at.replace(/\d{10}$/, 'AT')).toBe(`:roomd 333 ${owner} ${channel} ${owner} :AT`)
})

test('26. ISON, USERHOST and MONITOR answer for all nicknames', async () => {
  const short = Array.from({ length: 120 }, (_, n) => `n${n}`)
  expect(await ask(`ISON ${short.join(' ')}`)).toEqual([`:roomd 303 ${LONGEST} :`])
  // A request has 510 bytes, and so many nicknames of this length.
  const some = LONG.slice(0, 5)
  expect(wordsOf(await ask(`ISON ${some.join(' ')}`), '303')).toEqual(some)
  expect(wordsOf(await ask(`USERHOST ${some.join(' ')}`), '302')).toEqual(
    some.map((nick) => `${nick}=+~${nick}@guest.roomd`),
  )
  const asked = [LONG.slice(0, 5), LONG.slice(5, 10), LONG.slice(10)].map((nicks) => `MONITOR + ${nicks.join(',')}`)
  await ask(...asked, `MONITOR + ${short.slice(0, 80).join(',')}`)
  const status = await ask('MONITOR S')
  expect(wordsOf(status, '730', ',')).toEqual(LONG.map((nick) => `${nick}!~${nick}@guest.roomd`))
  expect(wordsOf(await ask('MONITOR L'), '732', ',').toSorted()).toEqual([...LONG, ...short.slice(0, 80)].toSorted())
  await ask('MONITOR C')
  const gone = others.map(({ closed }) => closed)
  for (const client of others) client.send('QUIT')
  await Promise.all(gone)
  expect(wordsOf(await ask(...asked), '731', ',')).toEqual(LONG)
  await ask('MONITOR C', `MONITOR + ${short.slice(0, 100).join(',')}`)
  const surplus = LONG.slice(0, 5)
  const full = await ask(`MONITOR + ${surplus.join(',')}`)
  expect(full.length).toBeGreaterThan(1)
  expect(full.flatMap((line) => (/ 734 \S+ 100 (\S+) :/.exec(line)?.[1] ?? '').split(','))).toEqual(surplus)
})

test('27. CAP LS, LIST and ACK tell all capabilities, in several lines from version 302 on', async () => {
  const capsIn = (lines: readonly string[]) =>
    lines.flatMap((line) => line.replace(/^:roomd CAP \S+ (LS|LIST|ACK) (\* )?:/, '').split(' '))
  // Version 301 knows one line only, which has no space for both names of one capability.
  const old = await ask('CAP LS')
  expect(old).toHaveLength(1)
  expect(capsIn(old)).toEqual(CAPS.filter((cap) => cap !== 'draft/no-implicit-names'))
  const listed = await ask('CAP LS 302')
  expect(listed.map((line) => line.includes(' LS * :'))).toEqual([true, false])
  expect(capsIn(listed).map((cap) => cap.replace(/=.*/, ''))).toEqual([...CAPS])
  const wanted = CAPS.flatMap((cap) => (cap.startsWith('draft/') ? [cap] : [`-${cap}`, cap]))
  const halves = [wanted.slice(0, 22), wanted.slice(22)].map((caps) => `CAP REQ :${caps.join(' ')}`)
  expect(capsIn(await ask(...halves))).toEqual(wanted)
  const held = await ask('CAP LIST')
  expect(capsIn(held).toSorted()).toEqual(CAPS.toSorted())
})

test('42. 005, 351 and 372 are whole, and long lines of the message of the day are split', async () => {
  const long = Array.from({ length: 200 }, (_, n) => `word${n}`)
  writeFileSync(motd, `first\n${long.join(' ')}\n${'語'.repeat(500)}\nlast\n`)
  const lines = await ask('MOTD')
  const texts = lines.slice(1, -1).map((line) => line.slice(`:roomd 372 ${LONGEST} :- `.length))
  expect(texts[0]).toBe('first')
  expect(
    texts
      .slice(1)
      .filter((text) => text.startsWith('word'))
      .join(' ')
      .split(' '),
  ).toEqual(long)
  expect(texts.filter((text) => text.startsWith('語')).join('')).toBe('語'.repeat(500))
  expect(texts.at(-1)).toBe('last')
  const [version, ...support] = await ask('VERSION')
  expect(version).toMatch(/ 351 .* roomd :$/)
  expect(support.every((line) => line.endsWith(':are supported by this server'))).toBe(true)
  expect(support.join(' ')).toContain('LINELEN=512')
})
