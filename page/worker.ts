/**
 * The service worker: the page opens without the server. It answers for the page's own files only, and keeps those of one version: index.html
 * has the version, is asked of the server first, and a new one replaces all.
 */
interface Extendable extends Event {
  waitUntil(done: Promise<unknown>): void
}
interface Fetching extends Extendable {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
interface Clicked extends Extendable {
  readonly notification: { readonly data: string; close(): void }
}
interface Window {
  focus(): Promise<unknown>
  navigate(url: string): Promise<unknown>
}
interface Scope {
  readonly registration: { readonly scope: string }
  readonly clients: {
    claim(): Promise<void>
    matchAll(options: { type: 'window' }): Promise<readonly Window[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: Extendable) => void): void
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void
  addEventListener(type: 'notificationclick', listener: (event: Clicked) => void): void
}

const worker = globalThis as unknown as Scope
const CACHE = 'roomd'
/** Time for the server to answer, before the page is opened without it, in ms. */
const PATIENCE_MS = 4_000
/** The address of the page. */
const base = worker.registration.scope

worker.addEventListener('install', (event) => {
  event.waitUntil(Promise.all([fetch(base).then(keep), worker.skipWaiting()]))
})
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))
worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = request.url.replace(/[?#].*/, '')
  if (request.method !== 'GET') return
  if (url === base) event.respondWith(index())
  else if (url.startsWith(`${base}page/`)) event.respondWith(file(request))
})

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(base + event.notification.data))
})

/** Shows an address in a window of the page that is open, or in a new one. */
async function open(url: string) {
  const [window] = await worker.clients.matchAll({ type: 'window' })
  if (!window) return worker.clients.openWindow(url)
  await window.focus()
  return window.navigate(url)
}

/** The page of the server, or the kept one when the server cannot be reached. */
async function index() {
  const asked = fetch(base).then(keep)
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS))
  const answer = await Promise.race([asked, late]).catch(() => undefined)
  return answer ?? (await (await caches.open(CACHE)).match(base)) ?? asked
}

/** Keeps a page with all its files, unless it is kept already. */
async function keep(answer: Response): Promise<Response> {
  if (!answer.ok) return answer
  const html = await answer.clone().text()
  const cache = await caches.open(CACHE)
  const kept = await cache.match(base)
  if ((await kept?.text()) === html) return answer
  const files = [...new Set([...html.matchAll(/(?:href|src)="(page\/[^"]+)"/g)].map(([, path]) => path ?? ''))]
  const old = await cache.keys()
  await cache.addAll(files.map((path) => new Request(base + path, { cache: 'no-cache' })))
  await cache.put(base, answer.clone())
  const wanted = new Set([base, ...files.map((path) => base + path)])
  await Promise.all(old.filter(({ url }) => !wanted.has(url)).map((request) => cache.delete(request)))
  return answer
}

async function file(request: Request) {
  const cache = await caches.open(CACHE)
  return (await cache.match(request)) ?? fetch(request)
}
