import { expect, test } from 'vitest'
import { LineClient } from '../support/client.ts'
import { heard, lineClient, openBrowser, startWithPage, type Visitor } from './browser.ts'

const visit = openBrowser()

/** Resolves with the texts of the menu that a member's name opens. */
async function menuOf({ page }: Visitor, name: string): Promise<string[]> {
  await page.getByRole('button', { name }).click()
  const items = await page.getByRole('menuitem').allTextContents()
  await page.keyboard.press('Escape')
  await page.getByRole('menu').waitFor({ state: 'hidden' })
  await page.getByRole('button', { name }).and(page.locator(':focus')).waitFor()
  return items
}

/** Chooses from the menu of a member's name. */
async function choose({ page }: Visitor, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name }).click()
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}

/** Resolves when a member is marked so in the list. */
const isMarked = ({ page }: Visitor, name: string, mark: string) =>
  page.locator('#people li', { hasText: name }).locator('.mark', { hasText: mark }).waitFor()

/** A room with an owner over TCP, and a page in it that is no operator yet. */
async function startRoom() {
  const started = await startWithPage()
  const dan = await LineClient.connect(started.daemon)
  await dan.ask('LOGIN dan')
  await dan.ask('/register battery staple')
  dan.socket.destroy()
  const owner = await ownerOf(started.daemon)
  const ann = await visit(started.port)
  await ann.enter('ann', 'ops')
  return { ...started, owner, ann }
}

async function ownerOf(daemon: Parameters<typeof lineClient>[0]): Promise<LineClient> {
  return lineClient(daemon, 'dan battery staple', 'ops')
}

test('ranks decide what the menus offer, and change while the page is open', async () => {
  const { owner, ann, line } = await startRoom()
  await line('bob', 'ops')
  await ann.sees('annyou', 'bob', 'dan')
  await isMarked(ann, 'dan', 'owner')
  expect(await ann.page.getByRole('button', { name: 'Edit topic' }).isVisible()).toBe(false)
  await ann.page.getByRole('button', { name: 'bob' }).click()
  await ann.page.locator('#private', { hasText: 'bob' }).waitFor()
  expect(await ann.page.getByRole('menu').isVisible()).toBe(false)

  owner.send('/op ann', '/away soon back', '/topic Release on Friday')
  await isMarked(ann, 'ann', 'operator')
  await isMarked(ann, 'dan', 'owner, away')
  await ann.page.locator('#topic', { hasText: 'Release on Friday' }).waitFor()
  const talk = 'Message privately'
  expect(await menuOf(ann, 'bob')).toEqual([talk, 'Voice', 'Make operator', 'Mute…', 'Kick…', 'Ban…'])
  // Nothing may be done to somebody of a higher rank.
  await choose(ann, 'bob', 'Voice')
  await isMarked(ann, 'bob', 'voiced')
  await ann.reads('ann gave a voice to bob')
  await choose(ann, 'bob', 'Make operator')
  await isMarked(ann, 'bob', 'operator')
  await ann.page.getByRole('button', { name: 'dan' }).click()
  await ann.page.locator('#private', { hasText: 'dan' }).waitFor()

  await ann.page.getByRole('button', { name: 'Edit topic' }).click()
  await ann.page.getByRole('textbox', { name: 'Topic' }).fill('Release on Monday')
  await ann.page.keyboard.press('Enter')
  await ann.page.locator('#topic', { hasText: 'Release on Monday' }).waitFor()
  await ann.page.getByRole('button', { name: 'Edit topic' }).and(ann.page.locator(':focus')).waitFor()

  owner.send('/deop ann')
  await ann.page.getByRole('button', { name: 'Edit topic' }).waitFor({ state: 'hidden' })
  await ann.page.reload()
  await ann.page.locator('#enter-button').click()
  await ann.page.locator('#topic', { hasText: 'Release on Monday' }).waitFor()
})

test('operators mute, kick and ban from the menu; whoever it hits is told by whom and why', async () => {
  const { owner, ann, port } = await startRoom()
  const bob = await visit(port)
  await bob.enter('bob', 'ops')
  owner.send('/op ann')
  await isMarked(ann, 'ann', 'operator')
  const sanction = async (action: string, reason: string) => {
    await choose(ann, 'bob', `${action}…`)
    await ann.page.getByLabel('Reason').fill(reason)
    await ann.page.getByRole('button', { name: action, exact: true }).click()
    await ann.page.getByRole('dialog').waitFor({ state: 'hidden' })
  }
  await sanction('Mute', 'too loud')
  await bob.reads('ann muted bob until')
  await bob.say('but why')
  await bob.page.locator('#unsent', { hasText: 'you are muted in this room' }).waitFor()
  await bob.page.getByRole('button', { name: 'Discard' }).click()
  await choose(ann, 'bob', 'Unmute')
  await bob.reads('ann unmuted bob')
  await bob.say('/me is back')
  await ann.page.locator('.action', { hasText: '* bob is back' }).waitFor()

  await sanction('Kick', 'enough')
  await bob.page.locator('#start-wrong', { hasText: 'ann removed you from ops: enough' }).waitFor()
  await ann.reads('ann removed bob: enough')
  await ann.sees('annyou', 'dan')
  await bob.page.locator('#enter-button').click()
  await bob.connected()
  await sanction('Ban', 'spam')
  await bob.page.locator('#start-wrong', { hasText: 'ann banned you from ops until' }).waitFor()
  await bob.page.locator('#enter-button').click()
  await bob.page.locator('#where-wrong', { hasText: 'You are banned from ops' }).waitFor()
})

test('own messages and, by operators, all can be deleted; the history looks like what was seen', async () => {
  const { owner, ann, port } = await startRoom()
  owner.send('mine', '/me waves', '/notice build 7 passed')
  await ann.say('oops')
  await ann.reads('build 7 passed')
  const { page } = ann
  const mine = page.locator('.message', { hasText: 'mine' })
  await mine.hover()
  expect(await mine.getByRole('button', { includeHidden: true }).isVisible()).toBe(false)
  await page.locator('#log').focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Delete' }).and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Enter')
  await page.locator('.deleted', { hasText: 'Message deleted by ann' }).waitFor()
  await page.locator('#log:focus').waitFor()

  owner.send('/op ann', '/moderated on', '/moderated off')
  await isMarked(ann, 'ann', 'operator')
  await mine.hover()
  await mine.getByRole('button').click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await ann.reads('dan let everybody speak')
  await expect.poll(() => page.locator('.deleted').count()).toBe(2)
  const bob = await visit(port)
  await bob.enter('bob', 'ops')
  await bob.reads('ann deleted a message of dan')
  await bob.reads('dan made ann an operator')
  await bob.reads('dan let only operators and voiced users speak')
  expect(await bob.page.locator('.action .body').allTextContents()).toEqual(['* dan waves'])
  expect(await bob.page.locator('.notice .body').allTextContents()).toEqual(['build 7 passed'])
  expect(await bob.bodies()).not.toContain('mine')
})

test('commands that are typed are carried out, and refusals are shown with what was typed', async () => {
  const { owner, ann } = await startRoom()
  await ann.say('/kick dan')
  await ann.page.locator('#hint', { hasText: 'Not permitted. Operators of the room may do this' }).waitFor()
  expect(await ann.page.locator('#text').inputValue()).toBe('/kick dan')
  owner.send('/slow 60', 'first')
  await ann.reads('dan allowed a message every 60 seconds')
  await ann.say('one')
  await ann.say('two')
  await ann.page.locator('#unsent', { hasText: 'Slow mode, wait' }).waitFor()
  owner.send('/op ann', '/slow off', '/moderated on')
  await isMarked(ann, 'ann', 'operator')
  await ann.say('/bans')
  await ann.reads('Nobody is banned')
  await ann.say('/topic By hand')
  await ann.page.locator('#topic', { hasText: 'By hand' }).waitFor()
  owner.send('/deop ann')
  await ann.page.getByRole('button', { name: 'Edit topic' }).waitFor({ state: 'hidden' })
  await ann.page.getByRole('button', { name: 'Send again' }).click()
  await ann.page.locator('#unsent', { hasText: 'only operators and voiced users may speak' }).waitFor()
  owner.send('/moderated off', 'last')
  expect(await heard(owner, 'last')).toEqual(['dan: first', 'ann: one', 'dan: last'])
})

test('an admin moderates everywhere', async () => {
  const { daemon, port } = await startWithPage({ admins: 'eve' })
  const bob = await lineClient(daemon, 'bob', 'ops')
  const setup = await LineClient.connect(daemon)
  await setup.ask('LOGIN eve')
  await setup.ask('/register battery staple')
  const eve = await visit(port)
  await eve.enter('eve', 'ops', 'battery staple')
  await isMarked(eve, 'bob', 'operator')
  expect(await menuOf(eve, 'bob')).toEqual(['Message privately', 'Take operator', 'Mute…', 'Kick…', 'Ban…'])
  await choose(eve, 'bob', 'Take operator')
  await eve.reads('eve took the operator role from bob')
  bob.send('/topic mine')
  await bob.until((line) => line.type === 'error' && line.code === 'not-permitted')
})
