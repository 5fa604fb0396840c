/** A page of another origin that sends whatever a browser lets it send, to every port: nothing is said for its visitor. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { useBrowser } from '../support/browser.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { lineClient } from './browser.ts'

const browser = useBrowser()

const foreignPage = readFileSync(join(import.meta.dirname, 'foreign.html'))

/** What the page's `attack` tries at a port, in this order. */
const KINDS = ['fetch', 'method', 'query', 'text form', 'multipart form', 'beacon', 'WebSocket', 'image']

test('a page of another origin says nothing for its visitor, on any port', async () => {
  const ports = { 'line-tls': 0, http: 0, chatterbox: 0, 'chatterbox-plain': 0, chatroom: 0 }
  const daemon = await startTestDaemon(ports)
  onTestFinished(() => daemon.stop())
  const site = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html').end(foreignPage)
  }).listen(0, '127.0.0.1')
  await once(site, 'listening')
  onTestFinished(() => void site.close().closeAllConnections())
  const context = await browser().newContext({ ignoreHTTPSErrors: true })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)

  const bystander = await lineClient(daemon, 'bystander', 'ops')
  const refused = async () => {
    const metrics = await fetch(`http://127.0.0.1:${daemon.port('http')}/metrics`)
    return Number(/^roomd_disconnects_total\{reason="wrong-protocol"\} (\d+)$/m.exec(await metrics.text())?.[1] ?? 0)
  }
  const schemes = {
    line: 'http',
    'chatterbox-plain': 'http',
    'line-tls': 'https',
    chatterbox: 'https',
    chatroom: 'https',
    http: 'http',
  }
  for (const [name, scheme] of Object.entries(schemes)) {
    const before = await refused()
    const outcomes = await page.evaluate<string[]>(`attack('${scheme}://127.0.0.1:${daemon.port(name)}')`)
    expect(outcomes?.map((outcome) => outcome.split(':')[0])).toEqual(KINDS)
    expect(outcomes).toContain('WebSocket: failed')
    // Each kind has come to the port, and has been turned away there; a browser may try again.
    if (name !== 'http') {
      await eventually(async () => expect((await refused()) - before, name).toBeGreaterThanOrEqual(KINDS.length))
    }
  }
  expect(await bystander.rest()).toEqual([])
  expect(await bystander.ask('/who')).toMatchObject({ members: ['bystander'] })
  expect(await bystander.ask('/who lobby')).toMatchObject({ members: [] })
  expect(await bystander.ask('HISTORY')).toMatchObject({ result: null })
  const records = await bystander.rest()
  expect(records).toMatchObject([{ type: 'history', body: { type: 'userJoined', from: 'bystander' } }])
})
