/** The first minute, and everything about being logged in: over reloads, tabs, and until one logs out. */
import { expect, test } from 'vitest'
import { holdServer, openBrowser, startForAll, type Visitor } from './browser.ts'

const visit = openBrowser()
const server = startForAll()

/** What the browser keeps, as one text. */
function kept({ page }: Visitor): Promise<string> {
  return page.evaluate<string>('JSON.stringify({ ...localStorage })')
}

test('a name is enough: the busiest room is suggested, another one can be chosen', async () => {
  const crowd = await Promise.all(['c1', 'c2', 'c3'].map((name) => server().line(name, 'busy')))
  await crowd[0]?.ask('/topic Where everybody is')
  await server().line('c4', 'calm')
  const ann = await visit(server().port)
  const { page } = ann
  await ann.open()
  await page.getByText("You'll join #busy with 3 people.").waitFor()
  expect(await page.locator('#start-rooms label', { hasText: '#busy' }).innerText()).toContain('Where everybody is')
  // By keyboard alone: the field has the focus.
  await page.keyboard.press('Enter')
  await page.locator('#nickname-wrong', { hasText: 'Choose a name first.' }).waitFor()
  await page.keyboard.type('an n')
  await page.keyboard.press('Enter')
  await page.locator('#nickname-wrong', { hasText: 'letters and digits, and no spaces' }).waitFor()
  await page.locator('#nickname').fill('c4')
  await page.getByRole('radio', { name: /#calm/ }).check()
  await page.getByText("You'll join #calm with 1 person.").waitFor()
  await page.locator('#nickname').press('Enter')
  await page.locator('#nickname-wrong', { hasText: 'Someone in #calm is already using this name' }).waitFor()
  await page.locator('#nickname').fill('ann')
  await page.keyboard.press('Enter')
  await ann.connected()
  expect(page.url()).toMatch(/#calm$/)
  expect(await page.locator('#text').getAttribute('placeholder')).toBe('Message #calm')
})

test('a link to a room that is not listed says that it may be created, one to the lobby does not', async () => {
  const ann = await visit(server().port)
  await ann.open('class-5b')
  await ann.page.getByText("You'll join #class-5b, or create it.").waitFor()
  await ann.open('lobby')
  await ann.page.getByText(/^You'll join #lobby( with \d+ \w+)?\.$/).waitFor()
})

const PARTS = ['#nickname', '#enter-button', '#start-where', '#start-rooms']

test('the list of rooms moves nothing when it comes', async () => {
  const ann = await visit(server().port)
  const { page } = ann
  const answer = await holdServer(page)
  await ann.open()
  const places = () =>
    page.evaluate<number[]>(
      `${JSON.stringify(PARTS)}.map((part) => document.querySelector(part).getBoundingClientRect().top)`,
    )
  await page.locator('#start').waitFor()
  const before = await places()
  answer()
  await page.locator('#start-rooms label').first().waitFor()
  expect(await places()).toEqual(before)
})

test('a registered name needs its password; the browser keeps a token, for all tabs, until it logs out', async () => {
  const owner = await server().line('bob', 'den')
  await owner.ask('/register sesame open')
  owner.socket.destroy()
  const bob = await visit(server().port)
  const { page } = bob
  await bob.open('den')
  expect(await page.locator('#password').isVisible()).toBe(false)
  await page.locator('#nickname').fill('bob')
  await page.keyboard.press('Enter')
  await page.getByText("bob is registered. If that's you, enter the password").waitFor()
  await page.keyboard.type('sesame shut')
  await page.keyboard.press('Enter')
  await page.locator('#password-wrong', { hasText: 'Wrong password for bob' }).waitFor()
  await page.locator('#password').fill('sesame open')
  await page.keyboard.press('Enter')
  await bob.connected()
  await bob.say('/join attic')
  await expect.poll(() => page.url()).toMatch(/#attic$/)
  expect(await kept(bob)).not.toContain('sesame')
  const { token } = JSON.parse(await page.evaluate<string>("localStorage.getItem('roomd.identity')")) as {
    token: string
  }
  expect(token).toMatch(/^rd_/)

  await page.reload()
  await bob.connected()
  expect(page.url()).toMatch(/#attic$/)
  await expect.poll(() => page.locator('#my-rooms a').count()).toBe(2)
  const second = await bob.tab('den')
  await second.connected()
  await second.say('from the second tab')
  await second.reads('from the second tab')

  await bob.say('/quit')
  await page.locator('#start').waitFor()
  await second.page.getByText('You logged out in another tab.').waitFor()
  await expect.poll(() => kept(bob)).not.toMatch(/bob|den|attic/)
  await expect
    .poll(async () => {
      const other = await server().line('other', 'den')
      const reply = await other.ask(`/logout 1`).then(() => other.ask('/who'))
      other.socket.destroy()
      return JSON.stringify(reply)
    })
    .not.toContain('bob')
})

test('a token that is revoked elsewhere: back at the start, with the reason', async () => {
  const owner = await server().line('carol', 'den')
  await owner.ask('/register sesame open')
  const carol = await visit(server().port)
  await carol.enter('carol', 'den', 'sesame open')
  const { tokens } = (await owner.ask('/token list')) as { tokens: { name: string }[] }
  expect(tokens.map(({ name }) => name)).toEqual([expect.stringMatching(/^browser-/)])
  await owner.ask(`/token revoke ${tokens[0]?.name}`)
  await carol.page.locator('#start-wrong', { hasText: /token/i }).waitFor()
  expect(await carol.page.locator('#nickname').inputValue()).toBe('carol')
  expect(await carol.page.evaluate("localStorage.getItem('roomd.identity')")).toBeNull()
})

test('a guest stays the same over a reload, with rooms, place and drafts, and becomes an account', async () => {
  const dora = await visit(server().port)
  const { page } = dora
  await dora.enter('dora', 'den')
  await dora.say('/join loft')
  await expect.poll(() => page.url()).toMatch(/#loft$/)
  await page.locator('#text').fill('half a thought')
  await page.reload()
  await dora.connected()
  expect(page.url()).toMatch(/#loft$/)
  expect(await page.locator('#text').inputValue()).toBe('half a thought')
  await dora.say('whole')
  await dora.reads('whole')
  expect(await page.locator('#my-rooms a').count()).toBe(2)
  await dora.say('/register sesame open')
  await page.locator('#reply', { hasText: 'dora is registered' }).waitFor()
  expect(await kept(dora)).not.toContain('sesame')
  await page.reload()
  await dora.connected()
  await dora.say('as an account')
  await dora.reads('as an account')
})

test('the tabs of a browser are one guest, and another browser is not', async () => {
  const { port, line } = server()
  const eve = await visit(port)
  await eve.enter('eve', 'porch')
  const finn = await line('finn', 'porch')
  const second = await eve.tab('porch')
  await second.connected()
  await second.say('from the second tab')
  await eve.reads('from the second tab')
  finn.send('hello to both', '/tell eve psst')
  for (const tab of [eve, second]) {
    await tab.reads('hello to both')
    await tab.page.locator('#privates a', { hasText: 'finn' }).waitFor()
  }
  await finn.rest()
  expect(await finn.ask('/who')).toMatchObject({ members: ['eve', 'finn'] })

  const stranger = await visit(port)
  await stranger.open('porch')
  await stranger.page.locator('#nickname').fill('eve')
  await stranger.page.locator('#nickname').press('Enter')
  await stranger.page.locator('#nickname-wrong:not(:empty)').waitFor()

  await eve.page.close()
  await second.say('still here')
  await finn.until((heard) => heard.type === 'message' && heard.body === 'still here')
  await finn.rest()
  expect(await finn.ask('/who')).toMatchObject({ members: ['eve', 'finn'] })
})
