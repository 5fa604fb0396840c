import { expect, test } from 'vitest'
import { openBrowser, startForAll } from './browser.ts'

const visit = openBrowser()
const shared = startForAll()

test('words are found in a room, newest first and page by page, and a click leads to the message', async () => {
  const bob = await shared().line('bob', 'finds')
  for (let at = 0; at < 300; at += 100) {
    bob.send(
      ...Array.from({ length: 100 }, (_, index) => `${(at + index) % 5 === 0 ? 'a needle' : 'hay'} ${at + index}`),
    )
    await bob.rest()
  }
  const ann = await visit(shared().port)
  await ann.enter('ann', 'finds')
  await ann.reads('hay 299')
  await ann.page
    .getByRole('button', { name: /search/i })
    .first()
    .click()
  await ann.page.locator('#search-field:focus').waitFor()
  await ann.page.keyboard.type('NEEDLE')
  await ann.page.keyboard.press('Enter')
  const hits = ann.page.locator('#found li')
  await expect.poll(() => hits.count()).toBe(30)
  expect(await hits.first().textContent()).toMatch(/^bob.*a needle 295$/)
  expect(await hits.first().locator('mark').textContent()).toBe('needle')
  await ann.page.getByRole('button', { name: 'Show older' }).click()
  await expect.poll(() => hits.count()).toBe(60)
  await hits.last().locator('button').click()
  await ann.page.locator('.entry.found', { hasText: 'a needle 0' }).waitFor()
  expect(await ann.page.locator('.body:text-is("hay 1")').isVisible()).toBe(true)

  await ann.page.locator('#search-field').fill('nothing like it')
  await ann.page.locator('#search-field').press('Enter')
  await ann.page.locator('#search-state', { hasText: 'No messages found' }).waitFor()
})
