/** The page without its server, and as a program of its own. */
import { expect, test } from 'vitest'
import { startTestDaemon } from '../support/daemon.ts'
import { reservePort } from '../support/port.ts'
import { holdServer, openBrowser, startWithPage } from './browser.ts'

const visit = openBrowser()

/** The addresses of the files that the service worker keeps. */
const KEPT = "caches.open('roomd').then((cache) => cache.keys()).then((keys) => keys.map(({ url }) => url).join())"

test('the page opens without the server with what it had, says so, and goes on when the server is back', async () => {
  const http = await reservePort()
  const first = await startTestDaemon({ http })
  const ann = await visit(http, { serviceWorkers: 'allow' })
  const { page } = ann
  await ann.enter('ann', 'ops')
  await ann.say('before')
  await ann.reads('before')
  await page.evaluate('navigator.serviceWorker.ready.then(() => {})')
  // Other paths of the server are none of the worker's business.
  expect(await page.evaluate("fetch('/rooms').then(({ headers }) => headers.get('content-type'))")).toMatch(/json/)
  expect(await page.evaluate<string>(KEPT)).not.toContain('/rooms')
  await first.stop()
  await ann.status('')
  await page.reload()
  await ann.reads('before')
  await ann.status('Reconnecting…')
  await ann.say('written meanwhile')
  await page.locator('#unsent', { hasText: 'written meanwhile' }).waitFor()

  const second = await startTestDaemon({ http })
  try {
    await ann.connected()
    await ann.reads('written meanwhile')
    await ann.say('/quit')
    await page.locator('#start').waitFor()
    await expect.poll(() => page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain('before')
  } finally {
    await second.stop()
  }
})

/** Says a text in the box, and resolves with what is listed as unsent two frames later. Runs in the page. */
const SAY_OFFLINE = `(async () => {
  document.querySelector('#text').value = 'written offline'
  document.querySelector('#say').requestSubmit()
  for (let frame = 0; frame < 2; frame++) await new Promise((drawn) => requestAnimationFrame(drawn))
  return [...document.querySelectorAll('#unsent li')].map(({ innerText }) => innerText.replace(/\\s+/g, ' '))
})()`

test('a text that is sent without a connection is shown as waiting at once, and is sent when the connection is back', async () => {
  const http = await reservePort()
  const first = await startTestDaemon({ http })
  const ann = await visit(http)
  await ann.enter('ann', 'ops')
  await first.stop()
  await ann.status('Reconnecting…')
  expect(await ann.page.evaluate(SAY_OFFLINE)).toEqual(['written offline Waiting for the connection…'])
  const second = await startTestDaemon({ http })
  try {
    await ann.reads('written offline')
    await expect.poll(() => ann.page.locator('#unsent li').count()).toBe(0)
  } finally {
    await second.stop()
  }
})

test('a room that is closed without the server stays closed when the server is back', async () => {
  const http = await reservePort()
  const first = await startTestDaemon({ http })
  const ann = await visit(http, { serviceWorkers: 'allow' })
  const { page } = ann
  await ann.enter('ann', 'ops')
  await page.locator('#find-text').fill('den')
  await page.locator('#find-text').press('Enter')
  await page.locator('#title', { hasText: 'den' }).waitFor()
  await page.evaluate('navigator.serviceWorker.ready.then(() => {})')
  await first.stop()
  await page.reload()
  await ann.status('Reconnecting…')
  await page.getByRole('button', { name: 'Actions for den' }).click()
  await page.getByRole('menuitem', { name: 'Leave room' }).click()
  const second = await startTestDaemon({ http })
  try {
    await ann.connected()
    await ann.sees('ann')
    await ann.say('in ops')
    await ann.reads('in ops')
    expect(await page.locator('#my-rooms .label').allTextContents()).toEqual(['ops'])
    const rooms: unknown = await (await fetch(`${ann.origin}/rooms`)).json()
    expect(JSON.stringify(rooms)).not.toContain('den')
  } finally {
    await second.stop()
  }
})

/** Keeps all that the banner says. Runs in the page. */
const RECORD = `
window.told = []
new MutationObserver(() => {
  const text = document.querySelector('#banner')?.textContent
  if (text) told.push(text)
}).observe(document, { subtree: true, childList: true, characterData: true })`

test('a connection that is being opened is told of only when that takes long, and is no lost one', async () => {
  const { port } = await startWithPage()
  const ann = await visit(port)
  const { page } = ann
  await page.context().addInitScript(RECORD)
  await ann.enter('ann', 'ops')
  await ann.say('/join den')
  await page.getByPlaceholder('Message #den').waitFor()
  await ann.connected()
  await page.reload()
  await ann.connected()
  expect(await page.evaluate('told')).toEqual([])
  const release = await holdServer(page)
  await page.reload()
  await ann.status('Connecting…')
  release()
  await ann.connected()
  expect(await page.evaluate<string[]>('told')).not.toContain('Connection lost. Reconnecting…Try now')
})

test('the page can be installed', async () => {
  const daemon = await startTestDaemon({ http: 0 })
  try {
    const ann = await visit(daemon.port('http'), { serviceWorkers: 'allow' })
    await ann.open()
    const session = await ann.page.context().newCDPSession(ann.page)
    await ann.page.evaluate('navigator.serviceWorker.ready.then(() => {})')
    const { errors, data = '' } = await session.send('Page.getAppManifest')
    expect(errors).toEqual([])
    const { start_url, scope, icons } = JSON.parse(data) as Record<string, unknown>
    expect([start_url, scope]).toEqual(['../', '../'])
    for (const { src, type, sizes } of icons as { src: string; type: string; sizes: string }[]) {
      const answer = await fetch(new URL(`/page/${src}`, ann.origin))
      expect([src, answer.status, answer.headers.get('content-type')]).toEqual([src, 200, type])
      const size = `(async () => {
        const image = new Image()
        image.src = '/page/${src}'
        await image.decode()
        return image.naturalWidth + 'x' + image.naturalHeight
      })()`
      if (sizes !== 'any') expect([src, await ann.page.evaluate(size)]).toEqual([src, sizes])
    }
    const purposes = (icons as { purpose?: string }[]).map(({ purpose = 'any' }) => purpose)
    expect(purposes).toEqual(['any', 'any', 'maskable'])
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
  } finally {
    await daemon.stop()
  }
})
