/** A stream in the EventSource of a browser (docs/protocols/rooms-api.md, section 2.6). */
import { expect, onTestFinished, test } from 'vitest'
import { openBrowser } from '../../page/browser.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { reservePort } from '../../support/port.ts'
import { ask } from './stage.ts'

const visit = openBrowser()

/** In a page: follows a stream, and keeps the messages and the ends that it is told. */
function follow() {
  const seen: string[] = []
  const events = new EventSource('/rooms/ops/stream?since=all&kinds=message')
  const keep = (event: Event) => {
    const { type, body, code } = JSON.parse((event as Event & { readonly data: string }).data)
    seen.push(type === 'end' ? `end ${code}` : body)
  }
  for (const type of ['message', 'end']) events.addEventListener(type, keep)
  Object.assign(globalThis, { seen })
}

test('a browser follows a room over a restart of the server, each message once', async () => {
  const http = await reservePort()
  const options = { http, data: temporaryFolder() }
  const start = async () => {
    const daemon = await startTestDaemon(options)
    onTestFinished(() => daemon.stop())
    return daemon
  }
  const say = async (...texts: string[]) => {
    const body = texts.map((text) => ({ text }))
    expect((await ask(http, 'POST', '/rooms/ops/messages?as=ci', { body })).status).toBe(201)
  }
  const daemon = await start()
  await say('past', 'line\nfeed')
  const { page, origin } = await visit(http)
  await page.goto(origin)
  await page.evaluate(follow)
  const sees = (...texts: string[]) =>
    expect.poll(() => page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)).toEqual(texts)
  await sees('past', 'line\nfeed')
  await say('now')
  await sees('past', 'line\nfeed', 'now')
  await daemon.stop()
  await start()
  await say('meanwhile')
  await sees('past', 'line\nfeed', 'now', 'end stopping', 'meanwhile')
  await say('again')
  await sees('past', 'line\nfeed', 'now', 'end stopping', 'meanwhile', 'again')
})
