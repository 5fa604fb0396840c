/** Measurements of the page in a browser, for tests and benchmarks. */
import type { Browser, Page } from 'playwright-core'

/**
 * Maximum length of a task of the page, in ms. The page must hold 50, from which on users notice it: `LONGEST_TASK_MS=50 npx vitest run test/page`
 * on a quiet machine. In a busy one caches and garbage collection make tasks several times as long; what grows with the messages is found all the same.
 */
export const MOST_TASK_MS = Number(process.env.LONGEST_TASK_MS ?? 400)

/** Maximum time until the first message is drawn, in ms: `FIRST_MESSAGE_MS=300` on a quiet machine. */
export const MOST_FIRST_MS = Number(process.env.FIRST_MESSAGE_MS ?? 10_000)

/** Maximum time from a key press or a click until the next frame is drawn, in ms: `LONGEST_INPUT_MS=50` on a quiet machine. */
export const MOST_INPUT_MS = Number(process.env.LONGEST_INPUT_MS ?? 400)

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Beginning or end of something that others run beside: an input, until the next frame is drawn. */
  readonly ph: string
  readonly id2?: { readonly local?: string }
  /** Beginning and length, in µs. */
  readonly ts: number
  readonly dur?: number
  /** Length in µs of the thread's own clock. */
  readonly tdur?: number
  readonly args: { readonly name?: string; readonly data?: { readonly interactionId?: number; readonly type?: string } }
}

/** Does something, and resolves with what the browser traces meanwhile, and the tasks of the page's main thread among it. */
async function trace(page: Page, act: () => Promise<unknown>, ...more: string[]) {
  const browser = page.context().browser()
  if (!browser) throw new Error('no browser')
  const categories = ['toplevel', '__metadata', 'disabled-by-default-devtools.timeline', ...more]
  await browser.startTracing(page, { categories })
  let traced: Buffer
  try {
    await act()
  } finally {
    traced = await browser.stopTracing()
  }
  const { traceEvents } = JSON.parse(String(traced)) as { traceEvents: TraceEvent[] }
  const threads = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
  const isPage = ({ pid, tid }: TraceEvent) => threads.some((thread) => thread.pid === pid && thread.tid === tid)
  const tasks = traceEvents.filter((event) => event.name === 'RunTask' && isPage(event))
  if (tasks.length === 0) throw new Error('no tasks in the trace')
  return { traceEvents, tasks }
}

/**
 * Does something, and resolves with the longest task of the page's main thread meanwhile, in ms of the processor: what else the machine does does
 * not count.
 */
export async function longestTaskMs(page: Page, act: () => Promise<unknown>): Promise<number> {
  const { tasks } = await trace(page, act)
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1_000
}

/** How long a key press or a click waited until the next frame was drawn. */
export interface InputWait {
  readonly type: string
  readonly ms: number
  /** The part of it in which the page's main thread ran, in ms of the processor. */
  readonly busyMs: number
}

/** Does something, and resolves with how long each of the key presses and clicks waited. */
export async function inputWaits(page: Page, act: () => Promise<unknown>): Promise<InputWait[]> {
  const { traceEvents, tasks } = await trace(page, act, 'devtools.timeline')
  const timings = traceEvents.filter(({ name }) => name === 'EventTiming')
  return timings.flatMap(({ ph, args, ts, id2 }) => {
    const { interactionId = 0, type = '' } = args.data ?? {}
    const end = timings.find((event) => event.ph === 'e' && event.id2?.local === id2?.local && event.ts >= ts)
    if (ph !== 'b' || interactionId === 0 || !end) return []
    const shares = tasks.map(({ ts: from, dur = 0, tdur = 0 }) => {
      const overlap = Math.min(end.ts, from + dur) - Math.max(ts, from)
      return overlap > 0 ? (tdur * overlap) / dur : 0
    })
    return [{ type, ms: (end.ts - ts) / 1_000, busyMs: shares.reduce((sum, share) => sum + share, 0) / 1_000 }]
  })
}

/** Resolves with the next frame. Runs in the page. */
const FRAME = 'new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))'

/**
 * Writes, opens and closes menus, lists and the switcher, and goes to other rooms, in turn.
 *
 * @param before called, and awaited, before each key press or click
 */
export async function useBusily(page: Page, before: () => unknown, times: number) {
  const { keyboard } = page
  const text = page.locator('#text')
  const toRoom = (index: number) => page.locator('#my-rooms a').nth(index).click()
  const turns = [
    () => text.click(),
    ...Array.from('hello', (key) => () => keyboard.press(key)),
    () => keyboard.press('Enter'),
    () => page.locator('#open-people').click(),
    () => page.locator('#open-people').click(),
    () => page.locator('#room-menu').click(),
    () => keyboard.press('Escape'),
    () => keyboard.press('Control+k'),
    () => keyboard.press('e'),
    () => keyboard.press('Escape'),
    () => toRoom(1),
    () => toRoom(0),
  ]
  for (let time = 0; time < times; time++) {
    for (const turn of turns) {
      await before()
      await turn()
      await page.evaluate(FRAME)
    }
  }
}

/** Scrolls the log up to its first message as fast as one can. Runs in the page; the result is the largest number of elements on the way. */
const SCROLL_UP = `(async () => {
  const log = document.querySelector('#log')
  let most = 0
  for (let still = 0; still < 20; ) {
    const before = log.scrollTop
    log.scrollTop -= 500
    await new Promise((drawn) => requestAnimationFrame(drawn))
    still = log.scrollTop === 0 && before === 0 ? still + 1 : 0
    most = Math.max(most, document.querySelectorAll('*').length)
  }
  return most
})()`

/** Scrolls through all messages of the conversation that is shown, and resolves with the largest number of elements of the page. */
export function scrollUp(page: Page): Promise<number> {
  return page.evaluate<number>(SCROLL_UP)
}

/** Notes when the first message has been drawn, in ms since the page was asked for. Runs in the page before its own script. */
const NOTE_FIRST = `window.firstMessageMs = new Promise((drawn) => new MutationObserver((_, observer) => {
  if (!document.querySelector('#log article')) return
  observer.disconnect()
  requestAnimationFrame(() => setTimeout(() => drawn(performance.now())))
}).observe(document, { childList: true, subtree: true }))`

/**
 * Opens the page as a guest who was in a room before, with nothing of it in the cache. Resolves with the time from the request until a message
 * of the room has been drawn.
 */
export async function firstMessageMs(browser: Browser, url: string, nickname: string, room: string): Promise<number> {
  const context = await browser.newContext({ serviceWorkers: 'block' })
  try {
    const page = await context.newPage()
    const kept = { identity: { nickname, session: `word-of-the-guest-${nickname}` }, rooms: [room] }
    for (const [key, value] of Object.entries(kept)) {
      await page.addInitScript(`localStorage.setItem('roomd.${key}', ${JSON.stringify(JSON.stringify(value))})`)
    }
    await page.addInitScript(NOTE_FIRST)
    await page.goto(`${url}/#${room}`)
    return await page.evaluate<number>('firstMessageMs')
  } finally {
    await context.close()
  }
}
