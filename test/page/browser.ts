/** Real browsers for the tests of the page; whatever one complains about fails the test. */
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { type Needed, useBrowser } from '../support/browser.ts'
import { LineClient } from '../support/client.ts'
import { type Overrides, startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { PATIENCE_MS } from '../support/eventually.ts'

/** Gives the tests of a file visitors, each in a context of its own, of a browser that has what is needed. */
export function openBrowser(needed?: Needed): (port: number, options?: BrowserContextOptions) => Promise<Visitor> {
  const browser = useBrowser(needed)
  return async (port, options) => {
    // A test that is not about the service worker does without its work.
    const quiet = { serviceWorkers: 'block', locale: 'en-GB', timezoneId: 'UTC' } as const
    const context = await browser().newContext({ ...quiet, ...options })
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    const visitor = new Visitor(page, `http://127.0.0.1:${port}`)
    onTestFinished(async () => {
      await context.close()
      expect(visitor.complaints).toEqual([])
    })
    return visitor
  }
}

/** A server that is away is no fault of the page, and the tests decide about the service worker. */
const NO_FAULT = /^WebSocket connection to|Service Worker registration blocked|net::ERR_CONNECTION_REFUSED/

/** Holds back what the server says on connections that a page opens from now on. Resolves with a function that lets it through. */
export async function holdServer(page: Page): Promise<() => void> {
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  await page.routeWebSocket(/\/line$/, (client) => {
    const socket = client.connectToServer()
    socket.onMessage(async (message) => {
      await held
      client.send(message)
    })
  })
  return release
}

/** Somebody at the page. */
export class Visitor {
  readonly page: Page
  readonly origin: string
  /** What the browser has refused or could not run, and requests to anybody else. */
  readonly complaints: string[]

  constructor(page: Page, origin: string, complaints: string[] = []) {
    this.page = page
    this.origin = origin
    this.complaints = complaints
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('console', (message) => {
      const text = message.text()
      if (['error', 'warning'].includes(message.type()) && !NO_FAULT.test(text)) this.complaints.push(text)
    })
    const host = new URL(origin).host
    const look = (url: string) => {
      if (new URL(url).host !== host) this.complaints.push(`asked ${url}`)
    }
    page.on('request', (request) => look(request.url()))
    page.on('websocket', (websocket) => look(websocket.url()))
  }

  /** Opens another tab of the same browser, whose complaints are this one's. */
  async tab(room = ''): Promise<Visitor> {
    const visitor = new Visitor(await this.page.context().newPage(), this.origin, this.complaints)
    await visitor.open(room)
    return visitor
  }

  async open(room = ''): Promise<void> {
    await this.page.goto(`${this.origin}/${room && `#${room}`}`)
  }

  /** Opens the page at a room and logs in; the page asks for a password only where the name has one. */
  async enter(nickname: string, room: string, password = ''): Promise<void> {
    await this.open(room)
    await this.page.locator('#nickname').fill(nickname)
    await this.page.locator('#nickname').press('Enter')
    if (password) {
      await this.page.locator('#password').fill(password)
      await this.page.locator('#password').press('Enter')
    }
    await this.connected()
  }

  /** Resolves when a conversation is shown and the connection is there. */
  async connected(): Promise<void> {
    await this.page.locator('#app').waitFor()
    await this.page.locator('#me:not(.offline)').waitFor({ state: 'attached' })
    await this.page.locator('#banner').waitFor({ state: 'hidden' })
  }

  /** Resolves when the banner tells of the connection. */
  async status(text: string): Promise<void> {
    await this.page.locator('#banner', { hasText: text }).waitFor()
  }

  async say(text: string): Promise<void> {
    const box = this.page.locator('#text')
    await box.fill(text)
    await box.press('Enter')
  }

  /** Resolves when an entry with this text is there. */
  async reads(text: string): Promise<void> {
    await this.page.locator('#log .entry, #log .note').filter({ hasText: text }).first().waitFor()
  }

  /** The messages, in order. */
  bodies(): Promise<string[]> {
    return this.page.locator('#log .body').allTextContents()
  }

  /** Resolves when these people, and no others, are listed. */
  async sees(...names: string[]): Promise<void> {
    await expect.poll(() => this.page.locator('#people .name, #people button').allTextContents()).toEqual(names)
  }
}

export async function startWithPage(overrides: Overrides = {}) {
  const daemon = await startTestDaemon({ http: 0, ...overrides })
  onTestFinished(() => daemon.stop())
  return { daemon, port: daemon.port('http'), line: (name: string, room: string) => lineClient(daemon, name, room) }
}

/** Starts one daemon for all tests of a file; the result gives it once they run. */
export function startForAll(overrides: Overrides = {}) {
  let daemon: TestDaemon | undefined
  beforeAll(async () => {
    daemon = await startTestDaemon({ http: 0, ...overrides })
  })
  afterAll(() => daemon?.stop())
  return () => {
    if (!daemon) throw new Error('no daemon')
    const started = daemon
    return {
      daemon: started,
      port: started.port('http'),
      line: (name: string, room: string) => lineClient(started, name, room),
    }
  }
}

/** Somebody in a room over plain TCP. */
export async function lineClient(daemon: Pick<TestDaemon, 'line'>, name: string, room: string): Promise<LineClient> {
  const client = await LineClient.connect(daemon as TestDaemon)
  onTestFinished(() => void client.socket.destroy())
  await client.ask(`LOGIN ${name}`)
  client.send(`JOIN ${room}`)
  await client.until(({ type }) => type === 'userJoined')
  return client
}

/** The texts of the messages up to this one, without what else came. */
export async function heard(client: LineClient, last: string): Promise<string[]> {
  const lines = await client.until((line) => line.type === 'message' && line.body === last)
  return lines.flatMap((line) => (line.type === 'message' ? [`${line.from}: ${line.body}`] : []))
}
