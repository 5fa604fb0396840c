import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { reservePort } from '../support/port.ts'
import { lineClient, openBrowser, startForAll, type Visitor } from './browser.ts'

const visit = openBrowser()
const started = startForAll({ admins: 'eve' })

beforeAll(async () => {
  for (const name of ['dan', 'fay', 'eve']) {
    const client = await LineClient.connect(started().daemon)
    await client.ask(`LOGIN ${name}`)
    await client.ask('/register battery staple')
    client.socket.destroy()
  }
})

const person = ({ page }: Visitor, name: string) => page.locator('#people').getByRole('button', { name, exact: true })

/** Resolves with the texts of the menu that a member's name opens. */
async function menuOf(visitor: Visitor, name: string): Promise<string[]> {
  const { page } = visitor
  await person(visitor, name).click()
  const items = await page.getByRole('menuitem').allTextContents()
  await page.keyboard.press('Escape')
  await page.getByRole('menu').waitFor({ state: 'hidden' })
  await person(visitor, name).and(page.locator(':focus')).waitFor()
  return items
}

/** Chooses from the menu of a member's name. */
async function choose(visitor: Visitor, name: string, action: string): Promise<void> {
  await person(visitor, name).click()
  await visitor.page.getByRole('menuitem', { name: action, exact: true }).click()
}

/** Resolves when a member is marked so in the list. */
const isMarked = ({ page }: Visitor, name: string, mark: string) =>
  page.locator('#people li', { hasText: name }).locator('.mark', { hasText: mark }).waitFor()

/** Chooses from the menu of the room. */
async function chooseOfRoom({ page }: Visitor, action: string): Promise<void> {
  await page.locator('#room-menu').click()
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}

/** The owner of a new room over TCP, and a page in it that is no operator yet. */
async function startRoom(room: string) {
  const owner = await started().line('dan battery staple', room)
  const ann = await visit(started().port)
  await ann.enter('ann', room)
  return { owner, ann }
}

/** Resolves with the changes of modes up to this one. */
async function modesUpTo(client: LineClient, flag: string, on: boolean) {
  const lines = await client.until((line) => line.type === 'mode' && line.flag === flag && line.on === on)
  return lines.filter((line) => line.type === 'mode')
}

const talk = ['Message privately', 'Mention', 'Block']

test('ranks decide what the menus offer, and change while the page is open', async () => {
  const { owner, ann } = await startRoom('ranks')
  const { page } = ann
  await started().line('bob', 'ranks')
  await ann.sees('dan', 'ann', 'bob')
  await isMarked(ann, 'dan', 'owner')
  expect(await page.getByRole('button', { name: 'Edit topic' }).isVisible()).toBe(false)
  expect(await menuOf(ann, 'bob')).toEqual(talk)
  await page.locator('#room-menu').click()
  expect(await page.getByRole('menuitem').allTextContents()).toEqual(['Leave room'])
  await page.keyboard.press('Escape')

  owner.send('/op ann', '/away soon back', '/topic Release on Friday')
  await isMarked(ann, 'ann', 'operator')
  await isMarked(ann, 'dan', 'owner, away')
  await page.locator('#people li[title="Away: soon back"]', { hasText: 'dan' }).waitFor()
  await page.locator('#topic', { hasText: 'Release on Friday' }).waitFor()
  expect(await menuOf(ann, 'bob')).toEqual([...talk, 'Give voice', 'Make operator', 'Mute…', 'Kick…', 'Ban…'])
  // Nothing may be done to somebody of a higher rank.
  expect(await menuOf(ann, 'dan')).toEqual(talk)
  await choose(ann, 'bob', 'Give voice')
  await isMarked(ann, 'bob', 'voiced')
  await choose(ann, 'bob', 'Make operator')
  await isMarked(ann, 'bob', 'operator')

  await page.getByRole('button', { name: 'Edit topic' }).click()
  await page.getByRole('textbox', { name: 'Topic' }).fill('Release on Monday')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('#topic', { hasText: 'Release on Monday' }).waitFor()
  await page.getByRole('button', { name: 'Edit topic' }).and(page.locator(':focus')).waitFor()
  owner.send('/deop ann')
  await page.getByRole('button', { name: 'Edit topic' }).waitFor({ state: 'hidden' })
})

test('operators mute, kick and ban from the menu; whoever it hits is told by whom and why', async () => {
  const { owner, ann } = await startRoom('raid')
  const bob = await visit(started().port)
  await bob.enter('bob', 'raid')
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
  await bob.page.locator('#unsent', { hasText: /You're muted in this room until \d.*: too loud\./ }).waitFor()
  await choose(ann, 'bob', 'Unmute')
  await bob.reads('ann unmuted bob')

  await sanction('Kick', 'enough')
  await bob.page.locator('#closed', { hasText: 'Kicked from #raid by ann: enough' }).waitFor()
  await ann.sees('dan', 'ann')
  await bob.page.getByRole('button', { name: 'Rejoin' }).click()
  await ann.sees('dan', 'ann', 'bob')
  await sanction('Ban', 'spam')
  await bob.page.locator('#closed', { hasText: 'Banned from #raid by ann: spam.' }).waitFor()
  await bob.page.getByRole('button', { name: 'Rejoin' }).click()
  await bob.page.locator('#closed', { hasText: 'You are banned from this room: spam.' }).waitFor()

  await chooseOfRoom(ann, 'Bans and mutes…')
  await ann.page.getByRole('listitem').filter({ hasText: 'By ann, permanently: spam' }).waitFor()
  await ann.page.getByRole('button', { name: 'Unban bob' }).click()
  await ann.page.getByText('Nobody is banned.').waitFor()
  await ann.page.getByText('Nobody is muted.').waitFor()
  await ann.page.keyboard.press('Escape')
  owner.send('/mute loud* 1h')
  await ann.reads('dan muted loud*')
  await chooseOfRoom(ann, 'Bans and mutes…')
  await ann.page.getByRole('button', { name: 'Unmute loud*' }).click()
  await ann.page.getByText('Nobody is muted.').waitFor()
  await ann.page.keyboard.press('Escape')
  await bob.page.getByRole('button', { name: 'Rejoin' }).click()
  await ann.sees('dan', 'ann', 'bob')
})

test('of many mutes the number of older ones that are left out stands above the newest', async () => {
  const { owner, ann } = await startRoom('raided')
  for (let n = 0; n < 501; n++) owner.send(`/mute raider${n}`)
  owner.send('/op ann')
  await isMarked(ann, 'ann', 'operator')
  await chooseOfRoom(ann, 'Bans and mutes…')
  const rows = ann.page.getByRole('dialog').getByRole('listitem')
  await rows.filter({ hasText: /^1 older$/ }).waitFor()
  expect((await rows.allTextContents()).slice(0, 3).map((text) => text.slice(0, 17))).toEqual([
    'Nobody is banned.',
    '1 older',
    'raider1By dan, pe',
  ])
})

test('whoever is out of the only room still gets private messages, and is told when the connection is lost', async () => {
  const http = await reservePort()
  const daemon = await startTestDaemon({ http })
  onTestFinished(() => daemon.stop())
  const owner = await lineClient(daemon, 'dan', 'door')
  const eve = await lineClient(daemon, 'eve', 'elsewhere')
  await (await lineClient(daemon, 'ann', 'elsewhere')).ask('/register battery staple')
  const ann = await visit(http)
  await ann.enter('ann', 'door', 'battery staple')
  await owner.ask('/kick ann')
  await ann.page.locator('#closed', { hasText: 'Kicked from #door by dan' }).waitFor()
  await eve.ask('/tell ann are you there?')
  await ann.page.locator('#privates a', { hasText: 'eve' }).click()
  await ann.reads('are you there?')
  await ann.say('I am')
  await eve.until((line) => line.type === 'private' && line.body === 'I am')
  await daemon.stop()
  await ann.status('Connection lost')
})

test('an operator sets the room up: modes, password, topic, invitations', async () => {
  const { owner, ann } = await startRoom('modes')
  const { page } = ann
  owner.send('/op ann')
  await page.getByRole('button', { name: 'Add a topic' }).waitFor()
  await chooseOfRoom(ann, 'Room settings…')
  await page.getByLabel('Moderated').check()
  await page.getByLabel('Slow mode').fill('30')
  await page.getByLabel('Most people').fill('20')
  await page.getByLabel('Keep messages for').fill('7')
  await page.getByLabel('Hidden').check()
  await page.getByRole('dialog').getByLabel('Password').fill('short')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('.wrong', { hasText: 'Invalid password' }).waitFor()
  await page.getByRole('dialog').getByLabel('Password').and(page.locator(':focus')).waitFor()
  await page.getByRole('dialog').getByLabel('Password').fill('open sesame')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  expect((await modesUpTo(owner, 'visibility', true)).map(({ flag, value }) => `${flag} ${value ?? ''}`)).toEqual([
    'password ',
    'slow 30',
    'limit 20',
    'keep 7',
    'moderated ',
    'visibility hidden',
  ])

  await chooseOfRoom(ann, 'Room settings…')
  expect(await page.getByLabel('Moderated').isChecked()).toBe(true)
  expect(await page.getByLabel('Slow mode').inputValue()).toBe('30')
  await page.getByLabel('Moderated').uncheck()
  expect(await page.getByLabel('Most people').inputValue()).toBe('20')
  await page.getByLabel('Slow mode').fill('')
  await page.getByLabel('Most people').fill('')
  await page.getByLabel('Remove the password').check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  expect((await modesUpTo(owner, 'moderated', false)).map(({ flag }) => flag)).toEqual([
    'password',
    'slow',
    'limit',
    'moderated',
  ])

  await chooseOfRoom(ann, 'Invite someone…')
  await page.getByRole('dialog').getByLabel('Name').fill('nobody at all!')
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  await page.locator('.wrong', { hasText: 'Invalid nickname' }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
})

test('an owner hands the room over, and the next one closes it', async () => {
  const bob = await visit(started().port)
  const dan = await visit(started().port)
  await dan.enter('dan', 'estate', 'battery staple')
  await bob.enter('bob', 'estate')
  await isMarked(dan, 'dan', 'owner')
  await chooseOfRoom(dan, 'Transfer ownership…')
  await dan.page.getByLabel('New owner').fill('bob')
  await dan.page.getByRole('button', { name: 'Transfer' }).click()
  await dan.page.locator('.wrong', { hasText: 'Invalid nickname' }).waitFor()
  await dan.page.getByLabel('New owner').fill('fay')
  const fay = await started().line('fay battery staple', 'estate')
  await dan.page.getByRole('button', { name: 'Transfer' }).click()
  await isMarked(bob, 'fay', 'owner')
  await isMarked(bob, 'dan', 'operator')
  fay.send('/owner dan')
  await isMarked(dan, 'dan', 'owner')
  await chooseOfRoom(dan, 'Close room…')
  await dan.page.getByRole('button', { name: 'Close room' }).click()
  await bob.page.locator('#closed', { hasText: 'Room estate was closed.' }).waitFor()
  // Whoever came back would make another room.
  expect(await bob.page.locator('#closed').getByRole('button').allTextContents()).toEqual(['Leave'])
})

test('an admin moderates everywhere, and sees and ends sessions', async () => {
  const bob = await started().line('bob', 'ward')
  const eve = await visit(started().port)
  await eve.enter('eve', 'ward', 'battery staple')
  await isMarked(eve, 'bob', 'operator')
  const menu = [...talk, 'Remove as operator', 'Mute…', 'Kick…', 'Ban…', 'Sessions…', 'Disconnect…']
  expect(await menuOf(eve, 'bob')).toEqual(menu)
  await choose(eve, 'bob', 'Remove as operator')
  await eve.reads('eve removed bob as an operator')
  bob.send('/topic mine')
  await bob.until((line) => line.type === 'error' && line.code === 'not-permitted')
  await choose(eve, 'bob', 'Sessions…')
  await eve.page.getByRole('listitem').filter({ hasText: 'bob (guest), from 127.0.0.1' }).first().waitFor()
  await eve.page.getByRole('button', { name: 'Close', exact: true }).click()
  await choose(eve, 'bob', 'Disconnect…')
  await eve.page.getByLabel('Reason').fill('go home')
  await eve.page.getByRole('button', { name: 'Disconnect', exact: true }).click()
  await bob.until((line) => line.type === 'error' && line.error === 'Disconnected by an admin: go home')
  await eve.sees('eve')
})
