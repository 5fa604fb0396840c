import { expect, test } from 'vitest'
import { holdServer, openBrowser, startForAll, type Visitor } from './browser.ts'

const visit = openBrowser()
const started = startForAll()

const PHONE = { width: 360, height: 740 }

/** The row of a conversation in the lists. */
const row = ({ page }: Visitor, name: string) =>
  page.locator('#lists li').filter({ has: page.getByText(name, { exact: true }) })

/** Names in a list, in order. */
const names = ({ page }: Visitor, list: string) => page.locator(`#${list} .label`).allTextContents()

/** Writes the name of a room into the field and presses Enter. */
async function goTo(visitor: Visitor, name: string) {
  await visitor.page.locator('#find-text').fill(name)
  await visitor.page.locator('#find-text').press('Enter')
  await visitor.page.locator('#title', { hasText: name }).waitFor()
}

test('own rooms are listed first, with what is unread in them; they are left in their menu', async () => {
  const { port, line } = started()
  const bob = await line('bob', 'alpha')
  const eve = await line('eve', 'gamma')
  eve.send('/topic Only builds')
  const ann = await visit(port)
  await ann.enter('ann', 'beta')
  await row(ann, 'gamma').locator('.hint', { hasText: 'Only builds' }).waitFor()
  expect(await row(ann, 'gamma').locator('.count').textContent()).toBe('1')

  await goTo(ann, 'alpha')
  expect(await names(ann, 'my-rooms')).toEqual(['beta', 'alpha'])
  await expect.poll(() => names(ann, 'other-rooms')).not.toContain('alpha')
  await row(ann, 'beta').getByRole('link').click()
  await ann.page.locator('#my-rooms [aria-current]', { hasText: 'beta' }).waitFor()
  bob.send('one', 'two')
  await row(ann, 'alpha')
    .getByRole('link', { name: /alpha\W+2 unread$/ })
    .waitFor()
  bob.send('ann: three')
  await row(ann, 'alpha')
    .getByRole('link', { name: /alpha\W+3 unread, 1 mention you$/ })
    .waitFor()
  await row(ann, 'alpha').locator('.mentioned .badge', { hasText: '3' }).waitFor()

  const menu = row(ann, 'alpha').getByRole('button', { name: 'Actions for alpha' })
  await menu.click()
  expect(await ann.page.getByRole('menuitem').allTextContents()).toEqual(['Mark as read', 'Leave room'])
  await ann.page.getByRole('menuitem', { name: 'Mark as read' }).click()
  await row(ann, 'alpha').locator('.badge').waitFor({ state: 'hidden' })
  await menu.click()
  await ann.page.getByRole('menuitem', { name: 'Leave room' }).click()
  await bob.until((event) => event.type === 'userLeft' && event.from === 'ann')
  await expect.poll(() => names(ann, 'my-rooms')).toEqual(['beta'])
  await expect.poll(() => names(ann, 'other-rooms')).toContain('alpha')
})

test('the field finds rooms by name or topic, says what Enter does, and makes a room', async () => {
  const { port, line } = started()
  const bob = await line('bob', 'kitchen')
  await bob.ask('/topic Recipes')
  await line('eve', 'kiosk')
  const ann = await visit(port)
  await ann.enter('ann', 'hall')
  const field = ann.page.locator('#find-text')
  const hint = (text: string) => ann.page.locator('#find-hint', { hasText: text }).waitFor()
  await field.fill('recip')
  await expect.poll(() => names(ann, 'other-rooms')).toEqual(['kitchen'])
  await hint('Press Enter to create recip.')
  await field.fill('kit')
  await hint('Press Enter to open kitchen.')
  await field.press('Enter')
  await ann.sees('bob', 'ann')
  await goTo(ann, 'my-new-room')
  await ann.page.locator('#text:focus').waitFor()
  await ann.sees('ann')
  await field.fill('!?')
  await hint('Room names can have letters')
  await field.press('Escape')
  expect(await field.inputValue()).toBe('')
})

test('private conversations show what is unread, and are closed until something new comes', async () => {
  const { port, line } = started()
  const bob = await line('bob', 'yard')
  const ann = await visit(port)
  await ann.enter('ann', 'yard')
  bob.send('/tell ann psst')
  await ann.page
    .locator('#privates')
    .getByRole('link', { name: /bob\W+1 unread$/ })
    .click()
  await ann.reads('psst')
  await ann.page.locator('#open-people').waitFor({ state: 'hidden' })
  await ann.page.locator('#room-menu').click()
  await ann.page.getByRole('menuitem', { name: 'Close conversation' }).click()
  await ann.page.locator('#title', { hasText: 'yard' }).waitFor()
  expect(await names(ann, 'privates')).toEqual([])
  await ann.page.reload()
  await ann.connected()
  await ann.sees('bob', 'ann')
  bob.send('/tell ann again')
  await ann.page.locator('#privates').getByRole('link', { name: /^bob/ }).waitFor()
})

test('a locked room asks for its password, says when it is wrong, and asks once a visit', async () => {
  const { port, line } = started()
  const bob = await line('bob', 'vault')
  await bob.ask('/lock open sesame')
  const ann = await visit(port)
  await ann.enter('ann', 'hall')
  const enterVault = async () => {
    await ann.page.locator('#find-text').fill('vault')
    await ann.page.locator('#find-text').press('Enter')
  }
  await enterVault()
  const dialog = ann.page.getByRole('dialog', { name: '#vault needs a password' })
  await dialog.getByLabel('Room password').fill('guess who')
  await dialog.getByRole('button', { name: 'Join' }).click()
  await dialog.locator('.wrong', { hasText: 'Password incorrect.' }).waitFor()
  await dialog.locator('[aria-invalid=true]:focus').waitFor()
  await ann.page.keyboard.press('Escape')
  await ann.page.locator('#title', { hasText: 'hall' }).waitFor()
  expect(ann.page.url()).toContain('#hall')

  await enterVault()
  await dialog.getByLabel('Room password').fill('open sesame')
  await ann.page.keyboard.press('Enter')
  await ann.sees('bob', 'ann')
  await ann.page.reload()
  await ann.sees('bob', 'ann')
})

test('the password of a locked room is kept when the login is refused for now', async () => {
  const { port, line } = started()
  const bob = await line('bob', 'safe')
  await bob.ask('/lock open sesame')
  const ann = await visit(port)
  const { page } = ann
  await ann.enter('ann', 'hall')
  await page.locator('#find-text').fill('safe')
  await page.locator('#find-text').press('Enter')
  await page.getByRole('dialog').getByLabel('Room password').fill('open sesame')
  await page.keyboard.press('Enter')
  await ann.sees('bob', 'ann')
  let refused = 0
  await page.routeWebSocket(/\/line$/, (client) => {
    if (refused > 0) return void client.connectToServer()
    client.onMessage(() => {
      refused++
      client.send('{"type":"error","error":"Not now","code":"unavailable"}\n')
    })
  })
  await page.reload()
  await ann.sees('bob', 'ann')
  expect(refused).toBeGreaterThan(1)
})

test('a room that is closed while it is entered is left', async () => {
  const { port, line } = started()
  const bob = await line('bob', 'porch')
  const ann = await visit(port)
  const { page } = ann
  await ann.enter('ann', 'attic')
  await goTo(ann, 'porch')
  await bob.until((event) => event.type === 'userJoined' && event.from === 'ann')
  const answer = await holdServer(page)
  await page.reload()
  await bob.until((event) => event.type === 'userLeft' && event.from === 'ann')
  await bob.until((event) => event.type === 'userJoined' && event.from === 'ann')
  await row(ann, 'porch').getByRole('button', { name: 'Actions for porch' }).click()
  await page.getByRole('menuitem', { name: 'Leave room' }).click()
  answer()
  await bob.until((event) => event.type === 'userLeft' && event.from === 'ann')
  await ann.connected()
  expect(await names(ann, 'my-rooms')).toEqual(['attic'])
})

test('on a phone, lists and people slide over the conversation, which is out of reach meanwhile', async () => {
  const { port, line } = started()
  await line('bob', 'street')
  const ann = await visit(port, { viewport: PHONE, hasTouch: true, reducedMotion: 'reduce' })
  const { page } = ann
  await ann.enter('ann', 'street')
  const open = page.getByRole('button', { name: 'Conversations' })
  const isReachable = (id: string) => page.locator(`#${id}:not([inert])`).isVisible()
  expect(await isReachable('side')).toBe(false)
  await open.click()
  await page.locator('#side :focus').waitFor()
  expect([await isReachable('side'), await isReachable('talk')]).toEqual([true, false])
  await page.keyboard.press('Escape')
  await open.and(page.locator(':focus')).waitFor()
  await open.click()
  await page.mouse.click(PHONE.width - 5, PHONE.height / 2)
  await page.locator('#side[data-open]').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: '2 people' }).click()
  await page.locator('#people').getByText('bob').waitFor()
  await page.getByRole('button', { name: 'Close people' }).click()
  await open.click()
  await page.locator('#find-text').fill('avenue')
  await page.locator('#find-text').press('Enter')
  await page.locator('#title', { hasText: 'avenue' }).waitFor()
  await open.click()
  await row(ann, 'street').getByRole('link').click()
  await page.locator('#title', { hasText: 'street' }).waitFor()
  expect(await isReachable('side')).toBe(false)
  await page.locator('#talk:not([inert])').waitFor()
})

test('long and right-to-left names fit, also with large text', async () => {
  const { port, line } = started()
  const long = 'w'.repeat(64)
  const bob = await line('W'.repeat(32), long)
  await line('مريم', long)
  bob.send(`/topic ${'W'.repeat(300)}`)
  const ann = await visit(port, { viewport: PHONE })
  const { page } = ann
  await ann.enter('ann', long)
  await page.locator('#topic').click()
  const isWide = () => page.evaluate('document.documentElement.scrollWidth > innerWidth')
  /** True if no two parts of the bar lie over one another. */
  const isApart = () =>
    page.evaluate(`(() => {
      const boxes = [...document.querySelectorAll('#bar > *')].map((part) => part.getBoundingClientRect()).filter(({ width }) => width > 0)
      const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1
      return !boxes.some((a, i) => boxes.some((b, j) => i < j && meet(a, b)))
    })()`)
  for (const size of ['100%', '200%']) {
    await page.evaluate(`document.documentElement.style.fontSize = '${size}'`)
    expect([size, await isWide(), await isApart()]).toEqual([size, false, true])
  }
  await page.evaluate("document.documentElement.style.fontSize = ''")
  await page.locator('#open-people').click()
  const name = page.locator('#people').getByRole('button', { name: 'مريم' })
  expect(await name.getAttribute('dir')).toBe('auto')
})
