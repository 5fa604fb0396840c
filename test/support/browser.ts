/** One Chromium for all files of a worker that need one: a start costs as much as several visits of a page. */
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { ARGUMENTS, EXECUTABLE, WHOLE } from './chromium.ts'

/** Time without a user after which it ends, in ms. */
const IDLE_MS = 10_000

/** Notifications, sounds and the names of other hosts need a browser with windows. */
export type Needed = 'pages' | 'windows'

/** A Chromium and those who use it. */
interface Shared {
  launched?: Promise<Browser> | undefined
  users: number
  timer?: ReturnType<typeof setTimeout>
}

/** By executable. */
const all = new Map<string, Shared>()

/** Gives a browser, of a kind that has what is needed, to the tests of a file. Without one they are skipped, or fail where everything must be tested. */
export function useBrowser(needed: Needed = 'pages'): () => Browser {
  const executable = needed === 'windows' ? WHOLE : EXECUTABLE
  let browser: Browser | undefined
  beforeAll(async () => {
    if (executable) browser = await borrow(executable)
    else if (process.env.CI === 'true') throw new Error('no Chromium on the PATH')
  })
  beforeEach(({ skip }) => skip(!browser, 'no Chromium on the PATH'))
  afterAll(() => {
    if (executable && browser) giveBack(executable)
  })
  return () => {
    if (!browser) throw new Error('no browser')
    return browser
  }
}

function borrow(executablePath: string): Promise<Browser> {
  const shared = all.get(executablePath) ?? { users: 0 }
  all.set(executablePath, shared)
  shared.users++
  clearTimeout(shared.timer)
  if (!shared.launched) {
    const launched = chromium.launch({ executablePath, args: ARGUMENTS })
    shared.launched = launched
    // One that crashes fails the tests of one file.
    const forget = () => {
      if (shared.launched === launched) shared.launched = undefined
    }
    launched.then((browser) => browser.on('disconnected', forget), forget)
  }
  return shared.launched
}

function giveBack(executablePath: string): void {
  const shared = all.get(executablePath)
  if (!shared || --shared.users > 0) return
  shared.timer = setTimeout(() => {
    void shared.launched?.then((browser) => browser.close())
    shared.launched = undefined
  }, IDLE_MS).unref()
}
