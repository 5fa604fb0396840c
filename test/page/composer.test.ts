/** The box: what is written in it is said, completed, recalled, kept, or carried out. */
import type { Locator } from 'playwright-core'
import { expect, test } from 'vitest'
import { openBrowser, startForAll, type Visitor } from './browser.ts'

const visit = openBrowser()
const server = startForAll()

function box({ page }: Visitor) {
  return page.locator('#text')
}

test('one message of several lines, without control characters; paths and two slashes are said', async () => {
  const bot = await server().line('bot', 'say')
  const ann = await visit(server().port)
  await ann.enter('ann', 'say')
  await bot.until(({ type }) => type === 'userJoined')
  const said = async () => {
    const [line] = (await bot.until(({ type }) => type === 'message')).slice(-1)
    return (line as { body: string }).body
  }
  await box(ann).pressSequentially('one')
  await box(ann).press('Shift+Enter')
  await box(ann).pressSequentially('two')
  await box(ann).press('Enter')
  expect(await said()).toBe('one\ntwo')
  await ann.say('\n  if (a)\u0007 {\n  }\n\n')
  expect(await said()).toBe('  if (a) {\n  }')
  await ann.say('/usr/bin/env')
  expect(await said()).toBe('/usr/bin/env')
  await ann.say('//kick is a command')
  expect(await said()).toBe('/kick is a command')
  await ann.say('/me waves')
  expect(await said()).toBe('waves')
  await ann.say('/nonsense here')
  await ann.page.locator('#reply', { hasText: 'There is no command /nonsense. To send it as a message' }).waitFor()
  expect(await box(ann).inputValue()).toBe('/nonsense here')
  for (const [said, meant] of [
    ['/slowmode 5', '/slow'],
    ['/jion ops', '/join'],
    ['/tpoic all welcome', '/topic'],
  ] as const) {
    await ann.say(said)
    await ann.page.locator('#reply', { hasText: `Did you mean ${meant}?` }).waitFor()
  }
  // A command that the page does not have is not suggested.
  for (const command of ['/channels', '/listen']) {
    await ann.say(command)
    await ann.page.locator('#reply', { hasText: `There is no command ${command}. To send` }).waitFor()
  }
})

test('what is written is kept for its conversation, what was said comes back; neither with a password', async () => {
  const ann = await visit(server().port)
  await ann.enter('ann', 'keep')
  await ann.say('first')
  await ann.say('second')
  await ann.say('/passwd wrong wrong-as-well')
  await ann.page.locator('#reply', { hasText: 'Only for accounts' }).waitFor()
  await box(ann).fill('')
  for (const [key, text] of [
    ['ArrowUp', 'second'],
    ['ArrowUp', 'first'],
    ['ArrowUp', 'first'],
    ['ArrowDown', 'second'],
    ['ArrowDown', ''],
  ] as const) {
    await box(ann).press(key)
    expect(await box(ann).inputValue()).toBe(text)
  }
  await box(ann).fill('/register hunter2hunter2')
  expect(await ann.page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain('hunter2')
  await box(ann).fill('to be continued')
  await ann.open('keep2')
  await ann.page.getByPlaceholder('Message #keep2').waitFor()
  expect(await box(ann).inputValue()).toBe('')
  await ann.open('keep')
  await ann.page.getByPlaceholder('Message #keep', { exact: true }).waitFor()
  expect(await box(ann).inputValue()).toBe('to be continued')
})

test('Tab completes names in turn, @ and / offer what there is', async () => {
  for (const name of ['Berta', 'bernd', 'carl']) await server().line(name, 'tab')
  const ann = await visit(server().port)
  await ann.enter('ann', 'tab')
  const options = ann.page.getByRole('option')
  await expect.poll(() => ann.page.locator('#people').innerText()).toContain('Berta')
  await box(ann).pressSequentially('be')
  await box(ann).press('Tab')
  expect(await options.allTextContents()).toEqual(['bernd', 'Berta'])
  expect(await box(ann).inputValue()).toBe('bernd: ')
  await box(ann).press('Tab')
  expect(await box(ann).inputValue()).toBe('Berta: ')
  await box(ann).press('Shift+Tab')
  expect(await box(ann).inputValue()).toBe('bernd: ')
  await box(ann).pressSequentially('ask @C')
  expect(await options.allTextContents()).toEqual(['carl'])
  await box(ann).press('Enter')
  expect(await box(ann).inputValue()).toBe('bernd: ask @carl ')
  await box(ann).fill('')
  // With nothing to complete, Tab moves on.
  await box(ann).press('Tab')
  expect(await ann.page.evaluate('document.activeElement?.id')).toBe('send')
  await box(ann).focus()
  await box(ann).pressSequentially('/ki')
  await options.filter({ hasText: '/kick <nickname>' }).waitFor()
  expect(await options.count()).toBe(1)
  await box(ann).press('Tab')
  expect(await box(ann).inputValue()).toBe('/kick ')
  await box(ann).pressSequentially('c')
  await ann.page.locator('#say-hint', { hasText: 'Remove a user from the room' }).waitFor()
  await box(ann).fill('')
  await box(ann).pressSequentially('/')
  await options.filter({ hasText: '/join' }).waitFor()
  const all = (await options.allTextContents()).join()
  expect(all).not.toMatch(/PIPE|\/plain|\/announce|\/login/)
  await box(ann).press('Escape')
  await expect.poll(() => options.count()).toBe(0)
})

test('a message that is too long cannot be sent, and stays', async () => {
  const ann = await visit(server().port)
  await ann.enter('ann', 'long')
  await box(ann).fill('x'.repeat(3_900))
  await ann.page.getByText('100 characters left').waitFor()
  await box(ann).fill('😀'.repeat(4_001))
  await ann.page.getByText('1 character too many. The limit is 4000.').waitFor()
  await box(ann).press('Enter')
  expect((await box(ann).inputValue()).length).toBe(8_002)
  await box(ann).fill('😀'.repeat(4_000))
  await box(ann).press('Enter')
  expect(await box(ann).inputValue()).toBe('')
  await ann.reads('😀😀')
})

test('private messages of several lines, and commands that the page or the server carries out', async () => {
  const ann = await visit(server().port)
  await ann.enter('ann', 'cmd')
  const bot = await server().line('bot', 'cmd2')
  await ann.say('/msg bot')
  await ann.page.getByPlaceholder('Message bot').waitFor()
  await box(ann).fill('one\n"two"')
  await box(ann).press('Enter')
  const told = await bot.until(({ type }) => type === 'private')
  expect(told.at(-1)).toMatchObject({ from: 'ann', body: 'one\n"two"' })
  await ann.say('/kick somebody')
  await ann.page.locator('#reply', { hasText: '/kick only works in rooms' }).waitFor()
  await ann.say('/join #cmd3')
  await ann.page.getByPlaceholder('Message #cmd3').waitFor()
  await ann.say('/topic A fine room')
  await expect.poll(() => ann.page.locator('#topic').innerText()).toContain('A fine room')
  await ann.say('/whoami')
  await ann.page.locator('#reply', { hasText: 'You are ann, a guest' }).waitFor()
  await ann.page.locator('#reply button').click()
  expect(await ann.page.locator('#reply').isVisible()).toBe(false)
  await ann.say('/topic')
  await ann.page.locator('#reply', { hasText: 'A fine room' }).waitFor()
  await ann.say('/leave')
  await expect.poll(() => ann.page.locator('#my-rooms').innerText()).not.toContain('cmd3')
})

test('out of a room: the reason in place of the box, and a way back', async () => {
  const op = await server().line('op', 'kick')
  const ann = await visit(server().port)
  await ann.enter('ann', 'kick')
  await op.ask('/kick ann enough now')
  await ann.page.locator('#closed', { hasText: 'Kicked from #kick by op: enough now.' }).waitFor()
  expect(await box(ann).isVisible()).toBe(false)
  await ann.page.locator('#closed').getByRole('button', { name: 'Rejoin' }).click()
  await box(ann).waitFor()
  await ann.say('back')
  await ann.reads('back')
  await op.ask('/ban troll*')
  await op.ask('/kick ann again')
  await ann.page.locator('#closed', { hasText: 'Kicked from #kick by op: again.' }).waitFor()
  await ann.page.locator('#closed').getByRole('button', { name: 'Rejoin' }).click()
  await box(ann).waitFor()
  await op.ask('/ban ann 30d rude')
  const until = /until \d+ \w+ \d{4}, \d+:\d\d: rude\./
  await ann.page.locator('#closed', { hasText: 'Banned from #kick by op' }).filter({ hasText: until }).waitFor()
  await ann.page.locator('#closed').getByRole('button', { name: 'Rejoin' }).click()
  await ann.page.locator('#closed', { hasText: 'You are banned from this room' }).filter({ hasText: until }).waitFor()
  // Somebody who comes later is told so, too.
  const again = await visit(server().port)
  await again.open('kick')
  await again.page.locator('#nickname').fill('ann2')
  await again.page.locator('#nickname').press('Enter')
  await again.page.locator('#start-wrong', { hasText: "You're banned from #kick" }).filter({ hasText: until }).waitFor()
})

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox()
  if (!box) throw new Error('not shown')
  return box
}

test('a file that is dropped or pasted is not sent, and its sender is told so', async () => {
  const ann = await visit(server().port)
  await ann.enter('ann', 'files')
  await ann.say('the newest message')
  await ann.reads('the newest message')
  for (const [type, target] of [
    ['drop', 'rows'],
    ['paste', 'text'],
  ] as const) {
    const isLeftAlone = await ann.page.evaluate(`(() => {
      const data = new DataTransfer()
      data.items.add(new File(['x'], 'x.png', { type: 'image/png' }))
      const details = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data }
      const event = new (${type === 'drop' ? 'DragEvent' : 'ClipboardEvent'})('${type}', details)
      return document.getElementById('${target}').dispatchEvent(event)
    })()`)
    expect([type, isLeftAlone]).toEqual([type, type === 'paste'])
    const toast = ann.page.locator('#toasts', { hasText: "Files can't be sent here." })
    await toast.waitFor()
    const [{ y, height }, newest] = await Promise.all([boxOf(toast), boxOf(ann.page.locator('.entry').last())])
    expect(height).toBeGreaterThan(0)
    expect(y + height).toBeLessThan(newest.y)
    await ann.page.evaluate("document.getElementById('toasts').replaceChildren()")
  }
})
