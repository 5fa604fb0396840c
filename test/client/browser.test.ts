/** The library as it comes into a browser. */
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { expect, onTestFinished, test } from 'vitest'
import type * as Library from '../../src/client/browser.ts'
import { openBrowser } from '../page/browser.ts'
import { startTestDaemon } from '../support/daemon.ts'

const root = resolve(import.meta.dirname, '../..')
const visit = openBrowser()

async function bundle(): Promise<string> {
  const build = await rolldown({ input: join(root, 'src/client/browser.ts'), platform: 'browser' })
  const { output } = await build.generate({ format: 'iife', name: 'roomd', minify: true })
  await build.close()
  expect(output).toHaveLength(1)
  return output[0].code
}

test('it is small, and works in Chromium', async () => {
  const code = await bundle()
  expect(code.length).toBeLessThan(12_450)
  expect(gzipSync(code).length).toBeLessThan(5_700)
  const daemon = await startTestDaemon({ http: 0 })
  onTestFinished(() => daemon.stop())
  const { page, origin } = await visit(daemon.port('http'))
  await page.goto(origin)
  await page.evaluate(`${code}; globalThis.roomd = roomd`)
  const seen = await page.evaluate(async (url) => {
    const { connect, RefusedError } = (globalThis as unknown as { roomd: typeof Library }).roomd
    const client = await connect(url, { nickname: 'ann' })
    const room = await client.join('ops')
    const ids = await Promise.all(['one', 'two'].map((text) => room.say(text)))
    const seen: unknown[] = []
    for await (const event of room) {
      if (event.type === 'message') seen.push(event.body, event.id)
      if (event.id === ids[1]) break
    }
    const error = await room.say('').catch((error: unknown) => error)
    client.close()
    return { ids, seen, isRefused: error instanceof RefusedError }
  }, origin)
  const [one, two] = seen.ids
  expect(seen).toEqual({ ids: [one, two], seen: ['one', one, 'two', two], isRefused: true })
})
