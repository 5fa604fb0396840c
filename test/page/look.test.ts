import { createRequire } from 'node:module'
import type { BrowserContextOptions } from 'playwright-core'
import { expect, test } from 'vitest'
import { openBrowser, startWithPage, type Visitor } from './browser.ts'

const visit = openBrowser()
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

const PHONE = { width: 360, height: 740 }
const DESKTOP = { width: 1280, height: 800 }

async function violations({ page }: Visitor, state: string, only = ''): Promise<string[]> {
  if (!(await page.evaluate("typeof axe !== 'undefined'"))) await page.addScriptTag({ path: AXE })
  const options = { resultTypes: ['violations'], preload: false, ...(only && { runOnly: [only] }) }
  const found = (await page.evaluate(`axe.run(${JSON.stringify(options)})`)) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${state}: ${id}: ${node.html} ${node.failureSummary}`),
  )
}

test.each([
  ['light', ''],
  // Only the colours differ.
  ['dark', 'color-contrast'],
] as const)('axe finds nothing wrong in any state, %s', async (colorScheme, only) => {
  const { daemon, port, line } = await startWithPage()
  const bots = []
  for (const name of ['bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan'])
    bots.push(await line(name, 'ops'))
  for (const bot of bots) bot.send('hello', 'ann: look at https://example.org', '/tell bob hi')
  const found: string[] = []
  const options: BrowserContextOptions = { colorScheme, viewport: DESKTOP, bypassCSP: true, reducedMotion: 'reduce' }
  const ann = await visit(port, options)
  await ann.open('ops')
  await ann.page.locator('#start-rooms a').first().waitFor()
  found.push(...(await violations(ann, 'start', only)))
  await ann.fill('x', '')
  found.push(...(await violations(ann, 'refused', only)))
  await ann.fill('ann', 'ops')
  await ann.connected()
  bots[0]?.send('/tell ann psst', '/me waves', '/notice built', '/away at lunch', '/topic Release on Friday', '/op ann')
  await ann.reads('psst')
  await ann.say('/tell nobody hello')
  await ann.page.locator('#unsent li').waitFor()
  await ann.page.getByRole('button', { name: 'Edit topic' }).waitFor()
  await ann.page.locator('.message').last().hover()
  await ann.page.getByRole('button', { name: 'carol' }).click()
  found.push(...(await violations(ann, 'menu', only)))
  await ann.page.getByRole('menuitem', { name: 'Ban' }).click()
  found.push(...(await violations(ann, 'ban', only)))
  await ann.page.getByRole('button', { name: 'Cancel' }).click()
  await ann.page.getByRole('button', { name: 'Edit topic' }).click()
  await ann.page.getByRole('button', { name: 'carol' }).click()
  await ann.page.getByRole('menuitem', { name: 'Message privately' }).click()
  await ann.page.locator('#text').fill('x'.repeat(4_001))
  await ann.page.locator('#rooms a').first().waitFor()
  found.push(...(await violations(ann, 'room', only)))
  await ann.page.getByRole('button', { name: 'Register' }).click()
  found.push(...(await violations(ann, 'registering', only)))
  await ann.page.locator('#register-cancel').click()
  await ann.page.setViewportSize(PHONE)
  found.push(...(await violations(ann, 'phone', only)))
  await ann.page.getByRole('button', { name: /^People/ }).click()
  await ann.page.locator('#close-panel:focus').waitFor()
  found.push(...(await violations(ann, 'panel', only)))
  await ann.page.keyboard.press('Escape')
  await ann.page.locator('#open-panel:focus').waitFor()
  await daemon.stop()
  await ann.status('Connection lost')
  found.push(...(await violations(ann, 'away', only)))
  expect(found).toEqual([])
})

test('nothing is wider than a phone, whatever is said, also with large text', async () => {
  const { port, line } = await startWithPage()
  const bot = await line('W'.repeat(16), 'W'.repeat(64))
  bot.send(`/topic ${'W'.repeat(300)}`, 'W'.repeat(4_000), `https://example.org/${'w'.repeat(500)}`)
  const ann = await visit(port, { viewport: PHONE })
  await ann.enter('ann', 'W'.repeat(64))
  await ann.reads('WWWW')
  bot.send('/tell ann '.concat('W'.repeat(500)))
  await ann.page.locator('.private').waitFor()
  await ann.page.locator('#text').fill('W'.repeat(300))
  const wide =
    'document.documentElement.scrollWidth > innerWidth || document.querySelector("#log").scrollWidth > document.querySelector("#log").clientWidth'
  expect(await ann.page.evaluate(wide)).toBe(false)
  await ann.page.evaluate('document.documentElement.style.fontSize = "200%"')
  expect(await ann.page.evaluate(wide)).toBe(false)
})
