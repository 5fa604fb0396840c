import { expect, test } from 'vitest'
import { lineClient, openBrowser, startForAll, type Visitor } from './browser.ts'

const visit = openBrowser()
const shared = startForAll()

const DAY_MS = 86_400_000

/** Somebody at the page, with others who have said something in the room before. */
async function arrive(room: string, settings: object = {}) {
  const { port, line } = shared()
  const bob = await line('bob', room)
  const ann = await visit(port)
  const kept = `localStorage.getItem('roomd.settings')`
  await ann.page.addInitScript(`${kept} ?? localStorage.setItem('roomd.settings', '${JSON.stringify(settings)}')`)
  return { ann, bob, enter: () => ann.enter('ann', room) }
}

const entry = ({ page }: Visitor, text: string) => page.locator('#log article', { hasText: text }).last()

test('messages are grouped by author, with the name and the time once; days and manners break a group', async () => {
  const { ann, bob, enter } = await arrive('groups', { clock: '12' })
  const cat = await shared().line('cat', 'groups')
  bob.send('one', 'two', '/me waves', '/notice done', 'three')
  await cat.until((line) => line.type === 'message' && line.body === 'three')
  cat.send('four')
  await bob.until((line) => line.type === 'message' && line.body === 'four')
  await enter()
  await ann.reads('four')
  const heads = ann.page.locator('#log .who .name')
  expect(await heads.allTextContents()).toEqual(['bob', 'bob', 'bob', 'cat'])
  expect(await ann.bodies()).toEqual(['one', 'two', 'bob waves', 'done', 'three', 'four'])
  expect(await ann.page.locator('#log .who time').first().textContent()).toMatch(/^[1-9]\d?:\d\d.[ap]m$/i)
  expect(await entry(ann, 'two').getAttribute('aria-label')).toMatch(/^bob, \d/)
  expect(await ann.page.locator('#log .day').allTextContents()).toEqual(['Today'])
  await ann.page.clock.setFixedTime(Date.now() + DAY_MS)
  await ann.say('five')
  await ann.reads('five')
  expect(await ann.page.locator('#log .day').allTextContents()).toEqual(['Yesterday'])
})

test('at midnight "Today" becomes "Yesterday" by itself', async () => {
  const { ann, bob, enter } = await arrive('midnight')
  bob.send('late')
  await ann.page.clock.install()
  await enter()
  await ann.reads('late')
  const days = () => ann.page.locator('#log .day').allTextContents()
  expect(await days()).toEqual(['Today'])
  await ann.page.clock.fastForward(DAY_MS)
  await expect.poll(days).toEqual(['Yesterday'])
})

test('who comes and goes is told in one line, which opens, and not at all if the user wants so', async () => {
  const { ann, bob, enter } = await arrive('comings')
  const { daemon, line } = shared()
  bob.send('before')
  for (const name of ['cat', 'dan', 'eve', 'fay', 'gus']) await line(name, 'comings')
  const hal = await lineClient(daemon, 'hal', 'comings')
  hal.send('LEAVE')
  await bob.until((said) => said.type === 'userLeft')
  bob.send('after')
  await enter()
  await ann.reads('after')
  const fold = ann.page.locator('#log .fold').filter({ hasText: '5 people joined, 1 left' })
  await fold.click()
  await ann.page.locator('#log .quiet li', { hasText: 'gus joined' }).waitFor()
  expect(await ann.page.locator('#log .quiet li').count()).toBe(7)
  await ann.page.evaluate(`localStorage.setItem('roomd.settings', '{"comings":false}')`)
  await ann.page.reload()
  await ann.reads('after')
  expect(await ann.page.locator('#log .quiet').count()).toBe(0)
})

test('texts are literal but for links, code and names; a text of several lines is a block', async () => {
  const { ann, bob, enter } = await arrive('texts')
  await shared().line('cat', 'texts')
  await enter()
  const say = async (text: string) => {
    bob.send(`MESSAGE ${JSON.stringify(text)}`)
    const last = ann.page.locator('#log article .body').last()
    await expect.poll(() => last.textContent()).toContain(text.slice(-3).replaceAll('`', ''))
    return last
  }
  const links = async (text: string) =>
    (await say(text))
      .locator('a')
      .evaluateAll((found: { href: string; textContent: string }[]) => found.map(({ href }) => href))
  expect(await (await say('<img src=x onerror=alert(1)><b>bold</b> &amp;')).locator('*').count()).toBe(0)
  expect(await links('see (https://example.org/a_(b)?c=1), or javascript:alert(2)')).toEqual([
    'https://example.org/a_(b)?c=1',
  ])
  expect(await links('www.example.org/x. me@example.org, #texts, #nowhere')).toEqual([
    'http://www.example.org/x',
    'mailto:me@example.org',
    `${ann.origin}/#texts`,
  ])
  const link = ann.page.locator('#log a', { hasText: 'www.example.org' })
  expect([await link.getAttribute('rel'), await link.getAttribute('target')]).toEqual([
    'noopener noreferrer nofollow',
    '_blank',
  ])
  expect(await (await say('a `b < c` d')).locator('code').textContent()).toBe('b < c')
  expect(await (await say('one\n  two three')).locator('pre').textContent()).toBe('one\n  two three')
  const fenced = await say('look:\n```js\nlet a = `x`\n```\nnice')
  expect(await fenced.locator('pre').textContent()).toBe('let a = `x`')
  expect(await fenced.locator('pre').count()).toBe(1)
  const mention = await say('hey @ann and @cat and @nobody')
  await expect.poll(() => mention.locator('.at').allTextContents()).toEqual(['@ann', '@cat'])
  await ann.page.locator('#log .mention', { hasText: 'hey' }).waitFor()
  bob.send(`MESSAGE ${JSON.stringify('row\n'.repeat(40))}`)
  await ann.page.getByRole('button', { name: 'Show all 41 lines' }).click()
  await expect.poll(() => ann.page.locator('#log pre').last().textContent()).toBe('row\n'.repeat(40))
  await say('שלום')
  const direction = `getComputedStyle([...document.querySelectorAll('#log .body')].at(-1)).direction`
  expect(await ann.page.evaluate(direction)).toBe('rtl')
})

test('a message is answered, linked to, copied and deleted from its menu, by mouse and by keyboard', async () => {
  const { ann, bob, enter } = await arrive('actions')
  bob.send('first', 'second')
  await enter()
  await ann.reads('second')
  await ann.say('mine')
  await ann.reads('mine')
  await ann.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const choose = async (name: string) => ann.page.getByRole('menuitem', { name }).click()
  const copied = () => ann.page.evaluate<string>('navigator.clipboard.readText()')
  await entry(ann, 'second').hover()
  await ann.page.getByRole('button', { name: 'More actions' }).click()
  expect(await ann.page.getByRole('menuitem', { name: 'Delete' }).count()).toBe(0)
  await choose('Copy link')
  await ann.page.locator('.toast', { hasText: 'Copied' }).first().waitFor()
  const id = await entry(ann, 'second').getAttribute('data-key')
  expect(await copied()).toBe(`${ann.origin}/#actions/${id}`)

  await entry(ann, 'first').hover()
  await ann.page.getByRole('button', { name: 'Reply' }).click()
  await ann.page.locator('#text:focus').waitFor()
  expect(await ann.page.locator('#text').inputValue()).toBe('bob: ')

  const { keyboard } = ann.page
  await ann.page.locator('#log').focus()
  await keyboard.press('Enter')
  await entry(ann, 'mine').and(ann.page.locator(':focus')).waitFor()
  await keyboard.press('ArrowUp')
  await entry(ann, 'second').and(ann.page.locator(':focus')).waitFor()
  await keyboard.press('ArrowDown')
  // The page moves beneath a pointer that rests.
  await entry(ann, 'first').dispatchEvent('pointerover', { bubbles: true })
  await keyboard.press('Enter')
  await choose('Delete')
  await keyboard.press('Enter')
  await ann.page.locator('#log .deleted', { hasText: 'Message deleted' }).waitFor()
  await bob.until((line) => line.type === 'redacted')
  await ann.page.reload()
  await ann.reads('ann deleted a message')
  expect(await ann.bodies()).toEqual(['first', 'second'])
})

test('several messages are copied as text that can be read', async () => {
  const { ann, bob, enter } = await arrive('copies')
  bob.send('one', '/me waves', 'MESSAGE "a\\nb"')
  await enter()
  await ann.page.locator('#log pre').waitFor()
  await ann.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await ann.page.evaluate(`(() => {
    const bodies = document.querySelectorAll('#log .body')
    getSelection().setBaseAndExtent(bodies[0], 0, bodies[2], bodies[2].childNodes.length)
  })()`)
  await ann.page.keyboard.press('Control+C')
  const text = await ann.page.evaluate<string>('navigator.clipboard.readText()')
  expect(text.replace(/\d+:\d\d/g, '0:00')).toBe('[0:00] bob: one\n[0:00] * bob waves\n[0:00] bob: a\nb')
})

test('what came while the user was elsewhere is behind a line; it is read once its end has been seen', async () => {
  const { ann, bob, enter } = await arrive('away1')
  bob.send(...Array.from({ length: 60 }, (_, index) => `old ${index}`))
  await enter()
  await ann.reads('old 59')
  await ann.page.evaluate(`location.hash = '#away2'`)
  await ann.page.locator('#older', { hasText: 'beginning of #away2' }).waitFor()
  bob.send(...Array.from({ length: 50 }, (_, index) => `new ${index}`))
  const unread = ann.page.locator('#my-rooms li, #side li').filter({ hasText: 'away1' }).first()
  await expect.poll(() => unread.textContent()).toContain('50')
  await ann.page.evaluate(`location.hash = '#away1'`)
  await ann.page.locator('#unread', { hasText: '50 unread since' }).waitFor()
  await expect.poll(() => unread.textContent()).not.toContain('50')
  await ann.page.getByRole('button', { name: 'Jump', exact: true }).click()
  const line = ann.page.locator('#log .unread-line')
  await line.waitFor()
  await ann.page.locator('#unread').waitFor({ state: 'hidden' })
  expect(await ann.page.locator('#log .unread-line + article .body').textContent()).toBe('new 0')

  // Scrolled up, new messages are counted and stay unread until their end is seen.
  bob.send('later')
  await ann.page.locator('#newest', { hasText: '1 new message' }).waitFor()
  await ann.page.keyboard.press('Escape')
  await ann.page.locator('#newest').waitFor({ state: 'hidden' })
  await ann.page.locator('.body:text-is("later")').waitFor()
  await expect.poll(() => unread.textContent()).not.toContain('1 ')
})
