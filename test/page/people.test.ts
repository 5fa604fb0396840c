import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { FrameClient } from '../support/frames.ts'
import { openBrowser, startForAll, type Visitor } from './browser.ts'

const visit = openBrowser()
const started = startForAll({
  'chatterbox-plain': 0,
  'max-per-address': 1_000,
  'guest-rate': 10_000,
  'guest-burst': 10_000,
})

const person = ({ page }: Visitor, name: string) => page.locator('#people').getByRole('button', { name, exact: true })

test('a name in the list or in the log opens the menu of the person', async () => {
  const { port, line } = started()
  const bob = await line('bob', 'square')
  const ann = await visit(port)
  const { page } = ann
  await ann.enter('ann', 'square')
  bob.send('hello')
  await ann.reads('hello')
  await page.locator('#log button.name', { hasText: 'bob' }).first().click()
  await page.getByRole('menuitem', { name: 'Mention' }).click()
  expect(await page.locator('#text').inputValue()).toBe('bob: ')
  await page.locator('#text').fill('')

  await person(ann, 'bob').click()
  await page.getByRole('menuitem', { name: 'Message privately' }).click()
  await page.locator('#title', { hasText: 'bob' }).waitFor()
  await page.locator('#text:focus').waitFor()
  await ann.say('psst')
  await bob.until((event) => event.type === 'private' && event.body === 'psst')
  await page.goBack()

  await person(ann, 'bob').click()
  await page.getByRole('menuitem', { name: 'Block' }).click()
  await page.locator('#people li', { hasText: 'bob' }).locator('.mark', { hasText: 'blocked' }).waitFor()
  await page.reload()
  await page.locator('#people li', { hasText: 'bob' }).locator('.mark', { hasText: 'blocked' }).waitFor()
  bob.send('not for ann')
  const eve = await line('eve', 'square')
  eve.send('for all')
  await ann.reads('for all')
  expect(await page.locator('#log', { hasText: 'not for ann' }).count()).toBe(0)
  await person(ann, 'bob').click()
  await page.getByRole('menuitem', { name: 'Unblock' }).click()
  await page.locator('.mark', { hasText: 'blocked' }).waitFor({ state: 'detached' })
})

test('a name with spaces, as other protocols have, is written to from its menu and by /msg', async () => {
  const { port, daemon } = started()
  const mary = await FrameClient.connect(daemon.port('chatterbox-plain'), 'TCP')
  onTestFinished(() => void mary.socket.destroy())
  mary.send({ USERNAME: 'Mary Ann' })
  expect(await mary.next()).toMatchObject({ USERNAME_ACCEPTED: true })
  const heard = async (text: string) => {
    while (!JSON.stringify((await mary.next()).MESSAGES ?? []).includes(text));
  }
  const ann = await visit(port)
  await ann.enter('ann', 'lobby')
  await person(ann, 'Mary Ann').click()
  await ann.page.getByRole('menuitem', { name: 'Message privately' }).click()
  await ann.page.locator('#title', { hasText: 'Mary Ann' }).waitFor()
  await ann.say('by the menu')
  await heard('by the menu')
  await ann.page.goBack()
  await ann.page.getByPlaceholder('Message #lobby').waitFor()
  await ann.say('/msg "Mary Ann" by a command')
  await ann.page.getByPlaceholder('Message Mary Ann').waitFor()
  await heard('by a command')
})

test('the user is away and back, in every room', async () => {
  const { port, line } = started()
  const bob = await line('bob', 'west')
  const ann = await visit(port)
  const { page } = ann
  await ann.enter('ann', 'west')
  await page.locator('#find-text').fill('east')
  await page.locator('#find-text').press('Enter')
  await ann.sees('ann')
  await page.locator('#me').click()
  await page.getByRole('menuitem', { name: 'Set yourself as away…' }).click()
  await page.getByLabel('Reason').fill('at lunch')
  await page.keyboard.press('Enter')
  await page.locator('#my-state', { hasText: 'Away: at lunch' }).waitFor()
  const marks = async () => {
    bob.send('/who')
    const reply = (await bob.until((line) => line.type === 'commandResult' && line.members !== undefined)).at(-1)
    return reply?.type === 'commandResult' ? reply.marks?.find(({ nickname }) => nickname === 'ann')?.away : undefined
  }
  expect(await marks()).toBe('at lunch')
  await page.locator('#me').click()
  await page.getByRole('menuitem', { name: "I'm back" }).click()
  await page.locator('#my-state', { hasText: 'Guest' }).waitFor()
  expect(await marks()).toBe(undefined)
})

test('of hundreds, some are shown, all are found, and the focus stays while others come', async () => {
  const { port, line, daemon } = started()
  const pad = (i: number) => String(i).padStart(3, '0')
  const crowd = Array.from({ length: 310 }, (_, i) => {
    const socket = connect(daemon.line, '127.0.0.1', () => socket.write(`LOGIN p${pad(i)}\nJOIN stadium\n`)).resume()
    onTestFinished(() => void socket.destroy())
    return socket
  })
  const ann = await visit(port)
  const { page } = ann
  await ann.enter('zoe', 'stadium')
  await page.locator('#people-more', { hasText: '11 more. Search by name to find them.' }).waitFor()
  expect(await page.locator('#people li').count()).toBe(300)
  expect(await page.locator('#people-count').textContent()).toBe('311')
  await page.getByRole('textbox', { name: 'Find people' }).fill('ZO')
  await ann.sees('zoe')
  await page.getByRole('textbox', { name: 'Find people' }).fill('p00')
  await person(ann, 'p005').focus()
  await line('p00', 'stadium')
  crowd[1]?.write('/away\n')
  crowd[2]?.destroy()
  await page.locator('#people li.away').waitFor()
  await page.locator('#people li', { hasText: 'p002' }).waitFor({ state: 'detached' })
  await person(ann, 'p00').waitFor()
  await person(ann, 'p005').and(page.locator(':focus')).waitFor()
})
