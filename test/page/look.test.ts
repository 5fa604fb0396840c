import { createRequire } from 'node:module'
import type { BrowserContextOptions } from 'playwright-core'
import { expect, test } from 'vitest'
import { openBrowser, startWithPage, type Visitor } from './browser.ts'

const visit = openBrowser()
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

const PHONE = { width: 360, height: 740 }
const DESKTOP = { width: 1280, height: 800 }

/** Returns what axe finds wrong; `only` names the one rule to check. */
async function violations({ page }: Visitor, state: string, only: string): Promise<string[]> {
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
  const bob = await line('bob', 'ops')
  for (const name of ['carol', 'dave', 'erin']) await line(name, 'ops')
  await line('frank', 'other')
  bob.send(
    '/topic Release on Friday',
    'look at https://example.org and `code`',
    'MESSAGE "```\\ncode\\n```"',
    '/me waves',
    '/notice built',
    '/away at lunch',
  )
  await bob.rest()
  const options: BrowserContextOptions = { colorScheme, viewport: DESKTOP, bypassCSP: true, reducedMotion: 'reduce' }
  const ann = await visit(port, options)
  const { page } = ann
  const found: string[] = []
  const look = async (state: string) => found.push(...(await violations(ann, state, only)))

  await ann.open('ops')
  await page.locator('#start-rooms label').first().waitFor()
  await look('start')
  await page.locator('#nickname').fill('-')
  await page.keyboard.press('Enter')
  await page.locator('#nickname-wrong:not(:empty)').waitFor()
  await look('refused')
  await page.locator('#nickname').fill('ann')
  await page.keyboard.press('Enter')
  await ann.connected()
  await ann.reads('built')
  bob.send('/tell ann psst', 'ann: hello', '/op ann')
  await ann.reads('ann: hello')
  await page.locator('#privates a', { hasText: 'bob' }).waitFor()
  await page.locator('#edit-topic').waitFor()
  await page.locator('.entry').last().hover()
  await look('room')
  await page.locator('#people').getByRole('button', { name: 'carol' }).click()
  await look('menu of a name')
  await page.getByRole('menuitem', { name: 'Ban' }).click()
  await look('ban')
  await page.keyboard.press('Escape')
  await page.locator('#text').fill('/')
  await page.locator('#completions').waitFor()
  await look('commands')
  await page.locator('#text').fill('x'.repeat(4_001))
  await look('too long')
  await page.locator('#text').fill('')
  await page.keyboard.press('Control+k')
  await page.locator('dialog[open]').waitFor()
  await look('switcher')
  await page.keyboard.press('Escape')
  await page.locator('#me').click()
  await page.getByRole('menuitem', { name: 'Settings…' }).click()
  await page.locator('dialog[open]').waitFor()
  await look('settings')
  await page.keyboard.press('Escape')
  await page.locator('#open-search').click()
  await page.locator('#search-field').fill('hello')
  await page.keyboard.press('Enter')
  await page.locator('#found li').first().waitFor()
  await look('search')
  await page.locator('#privates a').click()
  await ann.reads('psst')
  await look('private')
  await page.setViewportSize(PHONE)
  await look('phone')
  await page.locator('#open-side').click()
  await page.locator('#close-side').waitFor()
  // What is behind the lists is inert, the heading too.
  found.push(...(await violations(ann, 'lists on a phone', only || 'wcag2aa')))
  await page.keyboard.press('Escape')
  await daemon.stop()
  await ann.status('Connection lost')
  await look('away')
  expect(found).toEqual([])
})

test('nothing is wider than a phone, whatever is said, also with large text', async () => {
  const { port, line } = await startWithPage()
  const bot = await line('W'.repeat(16), 'W'.repeat(64))
  bot.send(`/topic ${'W'.repeat(300)}`, 'W'.repeat(4_000), `https://example.org/${'w'.repeat(500)}`)
  const ann = await visit(port, { viewport: PHONE })
  await ann.enter('ann', 'W'.repeat(64))
  await ann.reads('WWWW')
  await ann.page.locator('#text').fill('W'.repeat(300))
  const wide =
    'document.documentElement.scrollWidth > innerWidth || document.querySelector("#log").scrollWidth > document.querySelector("#log").clientWidth'
  expect(await ann.page.evaluate(wide)).toBe(false)
  await ann.page.locator('#open-side').click()
  await ann.page.locator('#me').click()
  await ann.page.getByRole('menuitem', { name: 'Settings…' }).click()
  const settings = 'document.querySelector(".settings")'
  expect(await ann.page.evaluate(`${settings}.scrollWidth - ${settings}.clientWidth`)).toBe(0)
  const narrowest = 'Math.min(...[...document.querySelectorAll(".keys dd")].map(({ offsetWidth }) => offsetWidth))'
  expect(await ann.page.evaluate<number>(narrowest)).toBeGreaterThan(200)
  await ann.page.keyboard.press('Escape')
  await ann.page.keyboard.press('Escape')
  await ann.page.evaluate('document.documentElement.style.fontSize = "200%"')
  expect(await ann.page.evaluate(wide)).toBe(false)
})

test('only parts of the page scroll, never the window; a dialog at 400 % zoom scrolls as a whole', async () => {
  const { port } = await startWithPage()
  const ann = await visit(port, { viewport: DESKTOP })
  const { page } = ann
  const below = 'document.documentElement.scrollHeight - innerHeight'
  await ann.open('ops')
  await page.locator('#start-rooms label').first().waitFor()
  expect(await page.evaluate(below)).toBe(0)
  await ann.enter('ann', 'ops')
  await ann.say('hello')
  await ann.reads('hello')
  expect(await page.evaluate(below)).toBe(0)
  await page.setViewportSize({ width: 320, height: 256 })
  await page.locator('#open-side').click()
  await page.locator('#me').click()
  await page.getByRole('menuitem', { name: 'Settings…' }).click()
  const dialog = page.locator('dialog[open]')
  await dialog.waitFor()
  const hidden =
    '(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector("dialog[open]"))'
  expect(await page.evaluate<number>(hidden)).toBeGreaterThan(256)
  await dialog.getByRole('button', { name: 'Close' }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect(await page.evaluate(below)).toBe(0)
})
