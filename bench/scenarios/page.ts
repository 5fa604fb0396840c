/** The page in a browser: how soon it shows the first message, and how it scrolls through many. */
import { chromium } from 'playwright-core'
import { firstMessageMs, longestTaskMs, scrollUp } from '../../test/page/measure.ts'
import { ARGUMENTS, EXECUTABLE } from '../../test/support/chromium.ts'
import { figure, median, type Scenario } from '../scenario.ts'
import { startRoomd } from '../server.ts'
import { pipe } from './ingest.ts'

const STARTS = 11
const ROOM = 'bench0'

export const page: Scenario = async (context) => {
  if (!EXECUTABLE) throw new Error('no Chromium on the PATH')
  const messages = context.size(10_000, 1_000)
  await using server = await startRoomd({ listeners: ['--http'] })
  await pipe(server, messages, (number) => `line ${number}`)
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS })
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
    return [
      figure('page, first message', median(others), 'ms', 'loopback, empty cache'),
      figure('page, first message, slowest', Math.max(...others), 'ms', `of ${others.length}`),
      figure('page, first of all', first, 'ms', 'right after the start'),
      figure('page, longest task', longest, 'ms', `scrolling through ${messages} messages`),
      figure('page, elements', nodes, 'elements', 'at most, meanwhile'),
    ]
  } finally {
    await browser.close()
  }
}
