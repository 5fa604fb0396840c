import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openRelay } from '../client/relay.ts'
import { TIMED } from '../support/eventually.ts'
import { openBrowser, startForAll, type Visitor } from './browser.ts'
import {
  firstMessageMs,
  inputWaits,
  longestTaskMs,
  MOST_FIRST_MS,
  MOST_INPUT_MS,
  MOST_TASK_MS,
  scrollUp,
  useBusily,
} from './measure.ts'

const visit = openBrowser()
const shared = startForAll({ 'max-per-address': 0 })

/** Elements of the log at most, and of the whole page. */
const MOST_NODES = 1_200
const MOST_NODES_IN_ALL = 2_000

/** On a machine that holds the page to its bounds there are more; what grows with them is found with fewer (`measure.ts`). */
const IS_MEASURED = process.env.LONGEST_TASK_MS !== undefined
const MESSAGES = IS_MEASURED ? 10_000 : 3_000
const MEMBERS = IS_MEASURED ? 1_000 : 300

interface Look {
  readonly nodes: number
  readonly beginning: boolean
  /** Text of the first message in view, and where it is. */
  readonly first: string
  readonly top: number
}

/** Looks at the log. Runs in the page. */
const LOOK = `(() => {
  const log = document.querySelector('#log')
  const { top } = log.getBoundingClientRect()
  const first = [...log.querySelectorAll('article')].find((entry) => entry.getBoundingClientRect().top >= top)
  return {
    nodes: log.querySelectorAll('*').length,
    beginning: document.querySelector('#older').textContent.includes('This is the beginning'),
    first: first?.querySelector('.body').textContent ?? '',
    top: first?.getBoundingClientRect().top ?? 0,
  }
})()`

const look = (visitor: Visitor) => visitor.page.evaluate<Look>(LOOK)

/** Scrolls the log, as a wheel does, in steps of a frame. Resolves with the largest jump of what stays in view, in pixels. */
const scroll = (visitor: Visitor, pixels: number, frames: number) =>
  visitor.page.evaluate<number>(`(async () => {
    const log = document.querySelector('#log')
    let jump = 0
    for (let frame = 0; frame < ${frames}; frame++) {
      const { top, height } = log.getBoundingClientRect()
      const seen = [...log.querySelectorAll('article')].map((entry) => [entry, entry.getBoundingClientRect().top])
        .filter(([, y]) => y > top + 100 && y < top + height - 100)
      const before = log.scrollTop
      log.scrollTop += ${pixels}
      const moved = log.scrollTop - before
      // Rows come and go in the scroll event, and when something has been loaded, before the next frame is drawn.
      await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))
      for (const [entry, y] of seen) {
        if (entry.isConnected) jump = Math.max(jump, Math.abs(entry.getBoundingClientRect().top - (y - moved)))
      }
    }
    return jump
  })()`)

/** The messages in view, each with its place. Runs in the page. */
const PLACES = `(() => {
  const log = document.querySelector('#log')
  const { top, bottom } = log.getBoundingClientRect()
  const entries = [...log.querySelectorAll('article')].map((entry) => [entry.textContent, entry.getBoundingClientRect().top])
  return Object.fromEntries(entries.filter(([, y]) => y > top && y < bottom))
})()`

const places = ({ page }: Visitor) => page.evaluate<Record<string, number>>(PLACES)

/** How far the messages of some places have moved, in pixels; a browser scrolls by whole ones. */
async function movedFrom(before: Readonly<Record<string, number>>, visitor: Visitor): Promise<number> {
  const now = await places(visitor)
  return Math.max(...Object.entries(before).map(([text, y]) => Math.abs((now[text] ?? Number.POSITIVE_INFINITY) - y)))
}

/** Has somebody say so many messages in a room. */
async function fill(room: string, count: number) {
  const bob = await shared().line('bob', room)
  for (let at = 0; at < count; at += 500) {
    bob.send(...Array.from({ length: Math.min(500, count - at) }, (_, index) => `line ${at + index}`))
    await bob.rest()
  }
  return bob
}

test('a room of 1,500 messages is read up to its first one, without a jump and with few elements', async () => {
  await fill('long', 1_500)
  const ann = await visit(shared().port)
  await ann.enter('ann', 'long')
  await ann.reads('line 1499')
  let jump = 0
  let nodes = 0
  for (let seen = await look(ann); !seen.beginning; seen = await look(ann)) {
    jump = Math.max(jump, await scroll(ann, -400, 10))
    nodes = Math.max(nodes, seen.nodes)
  }
  await scroll(ann, -10_000, 2)
  expect((await look(ann)).first).toBe('line 0')
  expect(jump).toBeLessThan(2)
  expect(nodes).toBeLessThan(MOST_NODES)
  expect(await ann.page.locator('#older').textContent()).toContain('This is the beginning of #long')
  await ann.page.locator('#newest', { hasText: 'Jump to latest' }).click()
  await ann.page.locator('#newest').waitFor({ state: 'hidden' })
  await ann.page.locator('.body:text-is("line 1499")').waitFor()
})

test('whoever waits at the top for older messages goes on reading where they were when these come', async () => {
  await fill('waiting', 500)
  const relay = await openRelay(shared().port)
  const ann = await visit(relay.port)
  await ann.enter('ann', 'waiting')
  await ann.reads('line 499')
  relay.stall(true)
  const scrollTop = () => ann.page.evaluate<number>(`document.querySelector('#log').scrollTop`)
  do await scroll(ann, -1_000, 1)
  while ((await scrollTop()) > 0)
  const before = await places(ann)
  const [first = ''] = Object.keys(before)
  relay.stall(false)
  await expect.poll(scrollTop).toBeGreaterThan(0)
  // The name above the first message has gone, as it belongs to an older one now.
  const { [first]: _, ...others } = before
  expect(await movedFrom(others, ann)).toBeLessThan(1)
})

test('whoever comes back to a conversation finds the place where they were reading', async () => {
  await fill('place', 300)
  const ann = await visit(shared().port)
  await ann.enter('ann', 'place')
  await ann.reads('line 299')
  await scroll(ann, -400, 4)
  const before = await places(ann)
  expect(Object.keys(before).length).toBeGreaterThan(5)
  await ann.page.locator('#find-text').fill('elsewhere')
  await ann.page.locator('#find-text').press('Enter')
  await ann.page.getByPlaceholder('Message #elsewhere').waitFor()
  await ann.page.locator('#my-rooms a', { hasText: 'place' }).click()
  await ann.page.getByPlaceholder('Message #place').waitFor()
  await expect.poll(() => movedFrom(before, ann)).toBeLessThan(1)
})

let isFilled = false

test('scrolling through thousands of messages never holds the page for long', TIMED, async () => {
  const ann = await visit(shared().port)
  if (!isFilled) await fill('longer', MESSAGES)
  isFilled = true
  await ann.enter('ann', 'longer')
  await ann.reads(`line ${MESSAGES - 1}`)
  const longest = await longestTaskMs(ann.page, async () => {
    expect(await scrollUp(ann.page)).toBeLessThan(MOST_NODES_IN_ALL)
  })
  expect((await look(ann)).first).toBe('line 0')
  expect(longest).toBeLessThan(MOST_TASK_MS)
})

test('the first message is drawn soon after the page is opened, with an empty cache', TIMED, async () => {
  await fill('cold', 200)
  const ann = await visit(shared().port)
  const browser = ann.page.context().browser()
  if (!browser) throw new Error('no browser')
  // The server reads and compresses its files at the first request.
  await firstMessageMs(browser, ann.origin, 'warm', 'cold')
  expect(await firstMessageMs(browser, ann.origin, 'eve', 'cold')).toBeLessThan(MOST_FIRST_MS)
})

test('a link leads to its message, a date to its first one; of one that is gone the page says so', async () => {
  const bob = await fill('linked', 400)
  bob.send('HISTORY first=40')
  const [, ...records] = await bob.take(41)
  const ids = records.flatMap((line) => (line.type === 'history' ? [line.body.id] : []))
  const ann = await visit(shared().port)
  await ann.enter('ann', `linked/${ids[20]}`)
  const found = ann.page.locator('.entry.found')
  await found.waitFor()
  const { y = 0, height = 0 } = (await found.boundingBox()) ?? {}
  const log = await ann.page.locator('#log').boundingBox()
  expect(Math.abs(y + height / 2 - (log?.y ?? 0) - (log?.height ?? 0) / 2)).toBeLessThan(20)
  expect(await found.locator('.body').textContent()).toBe('line 19')
  await ann.page.evaluate(`location.hash = '#linked/123'`)
  await ann.page.locator('.toast', { hasText: 'no longer exists' }).waitFor()
  await ann.page.keyboard.press('Escape')
  await ann.page.locator('.body:text-is("line 399")').waitFor()
  expect(new URL(ann.page.url()).hash).toBe('#linked')
})

test('fifty messages a second in a room of hundreds hold neither the page nor keys and clicks', TIMED, async () => {
  const { daemon, port } = shared()
  const room = 'crowd'
  const people = await Promise.all(
    Array.from({ length: MEMBERS }, async (_, index) => {
      const socket = connect(daemon.line, '127.0.0.1')
      socket.write(`LOGIN person${index}\nJOIN ${room}\n`)
      await new Promise((joined) => socket.once('data', joined))
      return socket.resume()
    }),
  )
  onTestFinished(() => {
    for (const socket of people) socket.destroy()
  })
  const ann = await visit(port)
  await ann.enter('ann', room)
  await expect
    .poll(() => ann.page.locator('#open-people').textContent())
    .toContain((MEMBERS + 1).toLocaleString('en-GB'))
  await ann.page.locator('#text').focus()
  const longest = await longestTaskMs(ann.page, async () => {
    for (let index = 0; index < 100; index++) {
      people[index]?.write(`hello from ${index}, what about https://example.org/${index}?\n`)
      if (index % 10 === 0) await ann.page.keyboard.type('x')
      await wait(20)
    }
    await ann.reads('hello from 99')
  })
  expect(longest).toBeLessThan(MOST_TASK_MS)
  expect((await look(ann)).nodes).toBeLessThan(MOST_NODES)
  await ann.page.locator('#text').fill('/join aside')
  await ann.page.keyboard.press('Enter')
  await ann.page.getByPlaceholder('Message #aside').waitFor()
  await ann.page.locator('#my-rooms a').first().click()
  await ann.page.getByPlaceholder(`Message #${room}`).waitFor()
  let said = 0
  // As many come between two inputs as in 100 ms, however long the browser takes for them.
  const say = () => {
    for (let count = 0; count < 5; count++)
      people[said % MEMBERS]?.write(`again from ${said++}, also at www.example.org\n`)
  }
  const waits = await inputWaits(ann.page, () => useBusily(ann.page, say, 2))
  const types = new Set(waits.map(({ type }) => type))
  expect([...types]).toEqual(expect.arrayContaining(['keydown', 'click']))
  expect(Math.max(...waits.map(({ busyMs }) => busyMs))).toBeLessThan(MOST_INPUT_MS)
})

test('the newest message stays in view while the box grows and shrinks', async () => {
  await fill('growing', 60)
  const ann = await visit(shared().port)
  await ann.enter('ann', 'growing')
  await ann.reads('line 59')
  const box = ann.page.locator('#text')
  const below = () =>
    ann.page.evaluate<number>(
      '(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector("#log"))',
    )
  for (const lines of [30, 5, 1, 12, 12, 2]) {
    await box.fill('a line\n'.repeat(lines))
    await ann.page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
    expect([lines, await below()]).toEqual([lines, 0])
    expect(await ann.page.locator('#newest').isVisible()).toBe(false)
  }
})
