/** How the page tells of messages while nobody looks. */
import { expect, test } from 'vitest'
import { openBrowser, startForAll, type Visitor } from './browser.ts'

const visit = openBrowser('windows')
const server = startForAll()

const RECORD = `
const shown = []
const focused = { is: true }
document.hasFocus = () => focused.is
window.shown = shown
window.focused = focused
window.Notification = class extends Notification {
  constructor(title, options) {
    super(title, options)
    shown.push(title + ': ' + options.body)
    window.last = this
  }
}
window.tones = []
window.OscillatorNode = class extends OscillatorNode {
  start(when) {
    super.start(when)
    tones.push(this.frequency.value)
  }
}
window.badges = []
navigator.setAppBadge = async (count) => void badges.push(count)
navigator.clearAppBadge = async () => void badges.push('none')`

/** Records what is notified of, and lets the test say whether the page is looked at. */
async function prepare(visitor: Visitor) {
  const context = visitor.page.context()
  await context.grantPermissions(['notifications'], { origin: visitor.origin })
  await context.addInitScript(RECORD)
}

function shown({ page }: Visitor): Promise<string[]> {
  return page.evaluate('window.shown')
}

function look({ page }: Visitor, isLooking: boolean) {
  return page.evaluate(`focused.is = ${isLooking}`)
}

test('mentions and private messages are notified of once for all tabs; a click shows the message', async () => {
  const bot = await server().line('bot', 'ops')
  const ann = await visit(server().port)
  await prepare(ann)
  await ann.enter('ann', 'ops')
  await ann.say('/join quiet')
  await ann.page.getByPlaceholder('Message #quiet').waitFor()
  bot.send('not for anybody', 'ann: look here')
  await expect.poll(() => shown(ann)).toEqual(['bot in #ops: ann: look here'])
  const mark = /^data:image\/svg/
  await expect.poll(() => ann.page.title()).toBe('(2) #quiet – roomd')
  expect(await ann.page.locator('#favicon').getAttribute('href')).toMatch(mark)
  await ann.page.evaluate("window.last.dispatchEvent(new Event('click'))")
  await ann.page.getByPlaceholder('Message #ops').waitFor()
  await ann.page.locator('#text').press('Escape')
  await expect.poll(() => ann.page.title()).toBe('#ops – roomd')
  expect(await ann.page.locator('#favicon').getAttribute('href')).not.toMatch(mark)

  // The conversation is looked at.
  bot.send('ann: seen')
  await ann.reads('seen')
  await look(ann, false)
  bot.send('/tell ann psst')
  await expect.poll(() => shown(ann)).toEqual(['bot in #ops: ann: look here', 'bot: psst'])
  await ann.page.evaluate("localStorage.setItem('roomd.settings', JSON.stringify({ quiet: true }))")
  await ann.page.reload()
  await ann.connected()
  await look(ann, false)
  bot.send('ann: do not disturb')
  await ann.reads('do not disturb')
  await bot.ask('/ping')
  await ann.page.waitForTimeout(500)
  expect(await shown(ann)).toEqual([])
})

test('a mention is heard as two tones, if the user wants so and is not looking', async () => {
  const bot = await server().line('bot', 'tones')
  const ann = await visit(server().port)
  await prepare(ann)
  const tones = () => ann.page.evaluate<number[]>('tones')
  const mention = async (text: string) => {
    bot.send(`ann: ${text}`)
    await expect.poll(() => shown(ann)).toContain(`bot in #tones: ann: ${text}`)
  }
  await ann.enter('ann', 'tones')
  await look(ann, false)
  await mention('silent')
  expect(await tones()).toEqual([])
  await ann.page.locator('#me').click()
  await ann.page.getByRole('menuitem', { name: 'Settings…' }).click()
  await ann.page.getByLabel('Play a sound').check()
  await mention('aloud')
  expect(await tones()).toEqual([660, 880])
  await ann.page.getByLabel('Do not disturb').check()
  await look(ann, true)
  bot.send('ann: hush')
  await ann.reads('hush')
  expect(await tones()).toEqual([660, 880])
})

test('title and icons count what is unread: all in the title, mentions on the icons, a dot for the rest', async () => {
  const bot = await server().line('bot', 'counted')
  const ann = await visit(server().port)
  await prepare(ann)
  await ann.enter('ann', 'counted')
  await ann.say('/join elsewhere')
  await ann.page.getByPlaceholder('Message #elsewhere').waitFor()
  /** The text on the icon of the tab; undefined for the plain icon, empty for a dot. */
  const onIcon = async () => {
    const href = (await ann.page.locator('#favicon').getAttribute('href')) ?? ''
    if (!href.startsWith('data:')) return undefined
    const svg = decodeURIComponent(href)
    return svg.includes('<circle') ? (/>([^<]+)<\/text>/.exec(svg)?.[1] ?? '') : undefined
  }
  const badges = () => ann.page.evaluate<unknown[]>('badges')
  expect([await ann.page.title(), await onIcon()]).toEqual(['#elsewhere – roomd', undefined])
  bot.send('for everybody')
  await expect.poll(() => ann.page.title()).toBe('(1) #elsewhere – roomd')
  expect(await onIcon()).toBe('')
  bot.send('ann: one', 'ann: two')
  await expect.poll(onIcon).toBe('2')
  expect((await badges()).at(-1)).toBe(2)
  bot.send(...Array.from({ length: 9 }, (_, index) => `ann: ${index}`))
  await expect.poll(onIcon).toBe('9+')
  expect(await ann.page.title()).toBe('(12) #elsewhere – roomd')
  await ann.page.locator('#my-rooms a', { hasText: 'counted' }).click()
  await expect.poll(() => ann.page.title()).toBe('#counted – roomd')
  expect(await onIcon()).toBe(undefined)
  expect((await badges()).at(-1)).toBe(0)
  await ann.say('/quit')
  await ann.page.locator('#start').waitFor()
  await expect.poll(() => ann.page.title()).toBe('roomd')
  await expect.poll(async () => (await badges()).at(-1)).toBe('none')
})

test('a screen reader is told new messages of the conversation, many at once by their number', async () => {
  const bot = await server().line('bot', 'aloud')
  const ann = await visit(server().port)
  await ann.enter('ann', 'aloud')
  const said = ann.page.locator('#announcer')
  bot.send('hello')
  await expect.poll(() => said.innerText()).toContain('bot: hello')
  bot.send(...Array.from({ length: 12 }, (_, number) => `line ${number}`))
  await expect.poll(() => said.innerText()).toMatch(/\d+ new messages/)
  expect(await said.locator('p').count()).toBeLessThanOrEqual(5)
})

test('a hidden tab notifies of mentions and private messages of what it shows, as the settings say', async () => {
  const bot = await server().line('bot', 'hidden')
  const ann = await visit(server().port)
  await prepare(ann)
  await ann.enter('ann', 'hidden')
  const { page } = ann
  const choose = async (option: string) => {
    await page.locator('#me').click()
    await page.getByRole('menuitem', { name: 'Settings…' }).click()
    await page.getByLabel('Notify me about').selectOption(option)
    await page.keyboard.press('Escape')
  }
  await page.evaluate(`
    Object.defineProperty(document, 'hidden', { get: () => true })
    document.dispatchEvent(new Event('visibilitychange'))`)
  // Each of them waits as long, so what comes first would be shown first.
  bot.send('for everybody', 'ann: one', '/tell ann psst')
  const first = ['bot in #hidden: ann: one', 'bot: psst']
  await expect.poll(() => shown(ann)).toEqual(first)
  await choose('All messages')
  bot.send('for everybody again')
  await expect.poll(() => shown(ann)).toEqual([...first, 'bot in #hidden: for everybody again'])
  await choose('Nothing')
  bot.send('ann: nothing')
  await ann.reads('ann: nothing')
  await choose('Mentions and private messages')
  bot.send('ann: two')
  await expect
    .poll(() => shown(ann))
    .toEqual([...first, 'bot in #hidden: for everybody again', 'bot in #hidden: ann: two'])
})

test('where a page may not make notifications itself, its service worker shows them', async () => {
  const bot = await server().line('bot', 'phone')
  const ann = await visit(server().port, { serviceWorkers: 'allow' })
  const { page } = ann
  await prepare(ann)
  await page.context().addInitScript(`
    window.Notification = class { static permission = 'granted'; constructor() { throw new TypeError('Illegal constructor') } }`)
  await ann.enter('ann', 'phone')
  await page.evaluate('navigator.serviceWorker.ready.then(() => {})')
  await look(ann, false)
  bot.send('ann: ring')
  const told = `navigator.serviceWorker.ready
    .then((registration) => registration.getNotifications())
    .then((all) => all.map(({ title, body, data }) => title + ': ' + body + ' ' + data.replace(/\\d+$/, 'ID')))`
  await expect.poll(() => page.evaluate(told)).toEqual(['bot in #phone: ann: ring #phone/ID'])
})
