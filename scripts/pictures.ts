/** Writes the pictures of README.md: an invented talk on a daemon of its own, as Chromium shows it on a desktop and on a phone. */
import { mock } from 'node:test'
import { pino } from 'pino'
import { type BrowserContextOptions, chromium } from 'playwright-core'
import { connect, type JoinedRoom, type RoomdClient } from '../src/client/node/index.ts'
import { checkConfig } from '../src/config.ts'
import { startDaemon } from '../src/daemon.ts'
import { ARGUMENTS, EXECUTABLE } from '../test/support/chromium.ts'

const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
}

type Talk = readonly (readonly [time: string, nickname: string, line: string])[]

/** Times, nicknames, and what they say in #ops before ann comes. */
const BEFORE: Talk = [
  ['09:12', 'carol', '/topic Release 2.4 on Friday – runbook at https://wiki.example.org/runbooks/release'],
  ['09:12', 'carol', 'Morning! The release is on Friday, so let us freeze main on Thursday at noon.'],
  ['09:14', 'bob', 'Fine with me. Did anybody look at the flaky test in `test/cluster/nodes.test.ts`?'],
  [
    '09:21',
    'dave',
    'I did, it waits for an event that has come:\n```\nawait once(node, "left")\n```\nMy fix is on `once-left`.',
  ],
  ['09:22', 'bob', 'Great, thank you! (see also https://en.wikipedia.org/wiki/Race_condition_(software))'],
  ['09:30', 'ci', '/notice build 1482 of main passed in 6m12s: https://ci.example.org/builds/1482'],
  ['09:31', 'bob', '/me makes coffee'],
  ['09:40', 'Zoë', '```\nnode   cpu   memory\nrd-1   12 %  340 MB\nrd-2    9 %  322 MB\n```'],
  ['09:41', 'Zoë', 'ann: can you check the numbers of rd-2 before the meeting?'],
]
const ANSWER = 'rd-2 looks fine, it had a long pause at 9:40'
const AFTER: Talk = [
  ['09:47', 'dave', 'Thanks ann!'],
  ['09:48', 'dave', 'Shall we do the retro at 15:00?'],
]

/** Other rooms, with who is there. */
const ROOMS: Readonly<Record<string, readonly string[]>> = { design: ['heidi', 'judy'], help: ['ivan'] }

if (!EXECUTABLE) throw new Error('no Chromium on the PATH')
mock.timers.enable({ apis: ['Date'] })
setClock('09:00')
const off = { 'line-tls': false, chatterbox: false, chatroom: false, irc: false }
const daemon = await startDaemon(checkConfig({ ...off, line: 0, http: 0, data: ':memory:' }), pino({ level: 'silent' }))
const clients = new Map<string, RoomdClient>()
const seats = new Map<string, JoinedRoom>()
const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS })
try {
  for (const [, nickname] of BEFORE) if (!seats.has(nickname)) await enter(nickname, 'ops')
  for (const [room, nicknames] of Object.entries(ROOMS)) for (const nickname of nicknames) await enter(nickname, room)
  await say(BEFORE)
  setClock('09:45')
  const desktop = await open(DESKTOP, 'design')
  await desktop.locator('#nickname').fill('ann')
  await desktop.locator('#nickname').press('Enter')
  await desktop.getByPlaceholder('Message #design').waitFor()
  await desktop.locator('#other-rooms a', { hasText: 'ops' }).click()
  await desktop.getByPlaceholder('Message #ops').fill(ANSWER)
  await desktop.locator('#text').press('Enter')
  await desktop.locator('#log .entry', { hasText: ANSWER }).waitFor()
  await say(AFTER)
  await say([['09:48', 'heidi', 'The new icons are on the wiki.']])
  for (const text of ['Do you have a minute?', 'It is about the runbook.']) await clients.get('bob')?.tell('ann', text)
  await desktop.locator('#privates .badge', { hasText: '2' }).waitFor()
  await desktop.screenshot({ path: 'docs/page.png' })
  const storageState = await desktop.context().storageState()
  const phone = await open({ ...PHONE, storageState }, 'ops')
  await phone.locator('#side-unread', { hasText: '2' }).waitFor()
  await phone.locator('#log .entry').last().waitFor()
  await phone.screenshot({ path: 'docs/page-phone.png' })
} finally {
  await browser.close()
  for (const client of clients.values()) client.close()
  await daemon.stop()
}

/** Sets the clock of the daemon. */
function setClock(time: string) {
  mock.timers.setTime(Date.parse(`2026-03-02T${time}:00Z`))
}

async function enter(nickname: string, room: string) {
  const client = await connect(`127.0.0.1:${daemon.addresses.get('line')?.port}`, { nickname })
  clients.set(nickname, client)
  seats.set(nickname, await client.join(room))
}

async function say(talk: Talk) {
  for (const [time, nickname, line] of talk) {
    setClock(time)
    await seats.get(nickname)?.ask(line.includes('\n') ? `MESSAGE ${JSON.stringify(line)}` : line)
  }
}

/** Opens the page at a room, with the clock of the daemon. */
async function open(options: BrowserContextOptions, room: string) {
  const context = await browser.newContext({ ...options, serviceWorkers: 'block', locale: 'en-GB', timezoneId: 'UTC' })
  const page = await context.newPage()
  await page.clock.setFixedTime(Date.parse('2026-03-02T09:48:00Z'))
  await page.goto(`http://127.0.0.1:${daemon.addresses.get('http')?.port}/#${room}`)
  return page
}
