/** Pages of other origins in a real browser: what they may do to a daemon on the same machine, and the own page and listed ones. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { useBrowser } from '../support/browser.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { eventually, PATIENCE_MS } from '../support/eventually.ts'
import { keptLog } from '../support/log.ts'

const browser = useBrowser('windows')

/** The script of every foreign page: sends what `fetch` with a body does not, and lays out links. */
const SCRIPT = `
function add(tag, properties) {
  const element = Object.assign(document.createElement(tag), properties)
  document.body.append(element)
  return element
}
async function sendOtherwise(target) {
  const done = []
  const wait = (element, event) => done.push(new Promise((resolve) => element.addEventListener(event, resolve)))
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    navigator.sendBeacon(target + '/chats', new Blob(['{"title":"beacon","visibility":"public"}'], { type }))
    wait(add('iframe', { name: type }), 'load')
    const form = add('form', { method: 'post', enctype: type, action: target + '/chats', target: type })
    form.append(Object.assign(document.createElement('input'), {
      name: '{"title":"form","visibility":"public","x":"',
      value: '"}',
    }))
    form.submit()
  }
  for (const referrerPolicy of ['no-referrer', 'unsafe-url']) {
    const logout = target + '/api/logout?' + referrerPolicy
    wait(add('iframe', { referrerPolicy, src: logout }), 'load')
    wait(add('img', { referrerPolicy, src: logout }), 'error')
    const headers = { 'Accept-Language': '*' }
    done.push(fetch(logout, { mode: 'no-cors', credentials: 'include', referrerPolicy, headers }))
  }
  await Promise.all(done)
}
function layOutLinks(target) {
  for (const rel of ['noreferrer', 'opener']) add('a', { href: target + '/api/logout?' + rel, rel, textContent: rel })
}`

/** A daemon, and a server of pages of other origins; one of them, on `listed.example`, is listed. */
async function stage() {
  const pages = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html').end(`<body></body><script>${SCRIPT}</script>`)
  })
  pages.listen(0, '127.0.0.1')
  await once(pages, 'listening')
  const { port: pagePort } = pages.address() as AddressInfo
  const { log, logged } = keptLog()
  const listed = `http://listed.example:${pagePort}`
  // The second one is for the daemon's own name.
  const daemon = await startTestDaemon({ http: 0, 'http-origins': [listed, 'http://chat.example'] }, log)
  const context = await browser().newContext()
  context.setDefaultTimeout(PATIENCE_MS)
  onTestFinished(async () => {
    await context.close()
    await daemon.stop()
    pages.closeAllConnections()
    pages.close()
  })
  const port = daemon.port('http')
  const rooms = async () => {
    const headers = { Accept: 'application/json' }
    const all = (await (await fetch(`http://127.0.0.1:${port}/chats`, { headers })).json()) as { title: string }[]
    return all.map(({ title }) => title)
  }
  const post = (path: string, body: object) =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: JSON.stringify(body) })
  const refusals = () => logged().split('"status":403').length - 1
  return { context, port, pagePort, listed, rooms, post, refusals }
}

async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** Content types of a body; some make a browser ask before it sends it. */
const TYPES = ['', 'text/plain', 'application/x-www-form-urlencoded', 'application/json', 'application/octet-stream']

/** In a page: makes a request with each content type and gives their statuses, 0 where nothing came or may be read. */
function send(args: { url: string; method: string; body: string; types: readonly string[]; mode: string }) {
  const { url, method, body, types, mode } = args
  const one = async (type: string, number: number) => {
    const init = { method, body: body.replaceAll('#', String(number)), credentials: 'include' } as const
    const answer = await fetch(url, { ...init, mode: mode as 'cors', headers: type ? { 'Content-Type': type } : {} })
    return answer.status
  }
  return Promise.all(types.map((type, number) => one(type, number).catch(() => 0)))
}

/** In a page: whether a WebSocket opens. */
function opens(url: string): Promise<boolean> {
  const socket = new WebSocket(url)
  return new Promise((resolve) => {
    socket.onopen = () => resolve(true)
    socket.onerror = () => resolve(false)
  })
}

test.for([
  ['of another site', 'http://evil.example', 'http://127.0.0.1'],
  ['of the same machine', 'http://127.0.0.1', 'http://127.0.0.1'],
  ['of another site, to a name', 'http://evil.example', 'http://chat.example'],
  ['of the same site, to a name', 'http://other.chat.example', 'http://chat.example'],
] as const)('a page %s changes nothing', async ([, from, to]) => {
  const { context, port, pagePort, rooms, post, refusals } = await stage()
  const target = `${to}:${port}`
  expect((await post('/chats', { title: 'Den', visibility: 'public' })).status).toBe(201)
  const { key } = (await (await post('/api/register', { username: 'alice' })).json()) as { key: string }
  const own = await openPage(context, target)
  const login = { url: '/api/login', method: 'POST', body: JSON.stringify({ key }), types: [''], mode: 'cors' }
  expect(await own.evaluate(send, login)).toEqual([200])

  const page = await openPage(context, `${from}:${pagePort}`)
  for (const mode of ['cors', 'no-cors'] as const) {
    for (const [method, path, body] of [
      ['POST', '/chats', '{"title":"fetched #","visibility":"public"}'],
      ['POST', '/chats/1/token', '{"name":"mallory"}'],
      ['POST', '/api/register', '{"username":"fetched#"}'],
      ['POST', '/api/login', JSON.stringify({ key })],
      ['PUT', '/chats/2', '{"title":"Taken","visibility":"public"}'],
      ['DELETE', '/chats/2', ''],
    ] as const) {
      const statuses = await page.evaluate(send, { url: target + path, method, body, types: TYPES, mode })
      expect(statuses, `${mode} ${method} ${path}`).toEqual(TYPES.map(() => 0))
    }
  }
  for (const path of ['/line', '/ws', '/chats/1/ws']) {
    expect(await page.evaluate(opens, `${target.replace('http', 'ws')}${path}`), path).toBe(false)
  }
  const before = refusals()
  await page.evaluate(`sendOtherwise(${JSON.stringify(target)})`)
  // Three beacons, of which the page hears nothing, three forms, and twice a frame, an image and a fetch.
  await eventually(() => expect(refusals() - before).toBe(12))
  for (const link of ['noreferrer', 'opener']) {
    await page.evaluate(`layOutLinks(${JSON.stringify(target)})`)
    const answer = page.waitForResponse((response) => response.url().endsWith(`/api/logout?${link}`))
    await page.getByText(link).click()
    expect((await answer).status()).toBe(403)
    await page.goBack()
  }

  expect(await rooms()).toEqual(['Public Chat', 'Den'])
  expect((await post('/api/register', { username: 'fetched0' })).status).toBe(201)
  expect(await own.evaluate(async () => (await fetch('/api/user/@me')).status)).toBe(200)
})

test.for(['http://127.0.0.1', 'http://chat.example'])('the own page at %s may do everything', async (host) => {
  const { context, port, rooms } = await stage()
  const page = await openPage(context, `${host}:${port}`)
  const statuses = (method: string, url: string, body: object, types = TYPES) =>
    page.evaluate(send, { url, method, body: JSON.stringify(body), types, mode: 'cors' })
  expect(await statuses('POST', '/chats', { title: 'room #', visibility: 'public' })).toEqual(TYPES.map(() => 201))
  // The requests arrive in any order.
  expect(new Set(await rooms())).toEqual(new Set(['Public Chat', ...TYPES.map((_, number) => `room ${number}`)]))
  expect(await statuses('PUT', '/chats/2', { title: 'Renamed', visibility: 'public' }, [''])).toEqual([200])
  expect(await statuses('DELETE', '/chats/2', {}, [''])).toEqual([200])
  expect(await statuses('POST', '/chats/1/token', {})).toEqual(TYPES.map(() => 200))
  expect(await statuses('POST', '/api/register', { username: 'alice#' })).toEqual(TYPES.map(() => 201))
  expect(await statuses('POST', '/api/login', { key: 'wrong' }, [''])).toEqual([401])
  // The page keeps its address to itself, and without TLS nothing else would tell of it.
  const init = { referrerPolicy: 'same-origin' } as const
  expect(await page.evaluate(async (init) => (await fetch('/api/logout', init)).status, init)).toBe(200)
  for (const path of ['/line', '/chats/1/ws']) {
    expect(await page.evaluate(opens, `${host.replace('http', 'ws')}:${port}${path}`), path).toBe(true)
  }
})

test('a listed page may do everything, and reads the answers', async () => {
  const { context, port, listed, rooms } = await stage()
  const page = await openPage(context, listed)
  for (const target of [`http://127.0.0.1:${port}`, `http://chat.example:${port}`]) {
    const statuses = (method: string, path: string, body: object, types = TYPES) =>
      page.evaluate(send, { url: target + path, method, body: JSON.stringify(body), types, mode: 'cors' })
    const made = await page.evaluate(async (url) => {
      const body = JSON.stringify({ title: 'Den', visibility: 'public' })
      const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
      return (await answer.json()) as { id: number }
    }, `${target}/chats`)
    expect(made).toMatchObject({ title: 'Den' })
    const room = `/chats/${made.id}`
    expect(await statuses('PUT', room, { title: 'Renamed', visibility: 'public' })).toEqual(TYPES.map(() => 200))
    expect(await rooms()).toEqual(['Public Chat', 'Renamed'])
    expect(await statuses('DELETE', room, {}, [''])).toEqual([200])
    expect(await statuses('POST', '/chats/1/token', {})).toEqual(TYPES.map(() => 200))
    for (const path of ['/line', '/chats/1/ws']) {
      expect(await page.evaluate(opens, `${target.replace('http', 'ws')}${path}`), path).toBe(true)
    }
  }
})
