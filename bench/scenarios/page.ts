/** The page in a browser: how soon it shows the first message, how it scrolls through many, and how it answers in a busy room. */
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium, type Page } from 'playwright-core'
import { firstMessageMs, inputWaits, longestTaskMs, scrollUp, useBusily } from '../../test/page/measure.ts'
import { ARGUMENTS, WHOLE } from '../../test/support/chromium.ts'
import { enterAll, quiet } from '../client.ts'
import { LINE } from '../dialect.ts'
import { figure, median, type Scenario } from '../scenario.ts'
import { startRoomd } from '../server.ts'
import { pipe } from './ingest.ts'

const STARTS = 11
const ROOM = 'bench0'
const MEMBERS = 1_000
/** Time between two messages, and between two inputs, in ms. */
const PACE_MS = 20
const BETWEEN_MS = 100

/** Uses the page while fifty messages a second come in a room of many, and resolves with how long each input waited. */
async function crowded(port: number, visitor: Page, times: number) {
  const people = await enterAll({ dialect: 'LINE', port, count: MEMBERS, rooms: 1 })
  await visitor.goto(`${new URL(visitor.url()).origin}/#bench1`)
  await visitor.goto(`${new URL(visitor.url()).origin}/#${ROOM}`)
  await visitor.getByPlaceholder(`Message #${ROOM}`).waitFor()
  await quiet()
  let said = 0
  const timer = setInterval(
    () => people[said % MEMBERS]?.send(LINE.say(`number ${said++} at www.example.org`, 0)),
    PACE_MS,
  )
  try {
    return await inputWaits(visitor, () => useBusily(visitor, () => sleep(BETWEEN_MS), times))
  } finally {
    clearInterval(timer)
    for (const person of people) person[Symbol.dispose]()
  }
}

export const page: Scenario = async (context) => {
  if (!WHOLE) throw new Error('no Chromium on the PATH')
  const messages = context.size(10_000, 1_000)
  await using server = await startRoomd({ listeners: ['--http'] })
  await pipe(server, messages, (number) => `line ${number}`)
  const browser = await chromium.launch({ executablePath: WHOLE, args: ARGUMENTS })
  try {
    const starts: number[] = []
    for (let count = 0; count <= context.size(STARTS, 2); count++) {
      starts.push(await firstMessageMs(browser, server.url, `guest${count}`, ROOM))
    }
    // What the server does once, such as reading the page, is in the first one.
    const [first = Number.NaN, ...others] = starts
    const visitor = await browser.newPage()
    await visitor.goto(`${server.url}/#${ROOM}`)
    await visitor.locator('#nickname').fill('reader')
    await visitor.locator('#nickname').press('Enter')
    await visitor.locator('.body').last().waitFor()
    let nodes = 0
    const longest = await longestTaskMs(visitor, async () => {
      nodes = await scrollUp(visitor)
    })
    const inputs = await crowded(server.port, visitor, context.size(10, 1))
    const slowest = (of: 'ms' | 'busyMs') => Math.max(...inputs.map((wait) => wait[of]))
    return [
      figure('page, first message', median(others), 'ms', 'loopback, empty cache'),
      figure('page, first message, slowest', Math.max(...others), 'ms', `of ${others.length}`),
      figure('page, first of all', first, 'ms', 'right after the start'),
      figure('page, longest task', longest, 'ms', `scrolling through ${messages} messages`),
      figure('page, elements', nodes, 'elements', 'at most, meanwhile'),
      figure('page, inputs', inputs.length, 'inputs', `with ${MEMBERS} members and 50 messages/s`),
      figure('page, input, median', median(inputs.map(({ ms }) => ms)), 'ms', 'until the next frame is drawn'),
      figure('page, input, slowest', slowest('ms'), 'ms'),
      figure('page, input, slowest, processor', slowest('busyMs'), 'ms', 'of the page meanwhile'),
    ]
  } finally {
    await browser.close()
  }
}
