/** One Chromium for all files of a worker that need one: a start costs as much as several visits of a page. */
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { ARGUMENTS, EXECUTABLE } from './chromium.ts'

/** Time without a user after which it ends, in ms. */
const IDLE_MS = 10_000

let shared: Promise<Browser> | undefined
let users = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Gives a browser to the tests of a file. Without one they are skipped, or fail where everything must be tested. */
export function useBrowser(): () => Browser {
  let browser: Browser | undefined
  beforeAll(async () => {
    if (EXECUTABLE) browser = await borrow(EXECUTABLE)
    else if (process.env.CI === 'true') throw new Error('no Chromium on the PATH')
  })
  beforeEach(({ skip }) => skip(!browser, 'no Chromium on the PATH'))
  afterAll(() => {
    if (browser) giveBack()
  })
  return () => {
    if (!browser) throw new Error('no browser')
    return browser
  }
}

function borrow(executablePath: string): Promise<Browser> {
  users++
  clearTimeout(timer)
  if (!shared) {
    const launched = chromium.launch({ executablePath, args: ARGUMENTS })
    shared = launched
    // One that crashes fails the tests of one file.
    const forget = () => {
      if (shared === launched) shared = undefined
    }
    launched.then((browser) => browser.on('disconnected', forget), forget)
  }
  return shared
}

function giveBack(): void {
  users--
  if (users > 0) return
  timer = setTimeout(() => {
    void shared?.then((browser) => browser.close())
    shared = undefined
  }, IDLE_MS).unref()
}
