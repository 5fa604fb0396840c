/** What is said while the server is away: it is on its way, and is said once. */
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { reservePort } from '../support/port.ts'
import { RoomdProcess } from '../support/process.ts'
import { heard, lineClient, openBrowser, startForAll } from './browser.ts'

const visit = openBrowser()
const server = startForAll()

test('a daemon killed and started again under the page, and a reload meanwhile: each text is said once, in order', async () => {
  const [line, http] = [await reservePort(), await reservePort()]
  const args = ['--data', temporaryFolder(), '--line', String(line), '--http', String(http)]
  let daemon = new RoomdProcess(args)
  await daemon.ready()
  const kill = async () => {
    daemon.child.kill('SIGKILL')
    await daemon.exit
  }
  onTestFinished(kill)

  const before = await lineClient({ line }, 'bot', 'ops')
  const ann = await visit(http, { serviceWorkers: 'allow' })
  const { page } = ann
  const unsent = page.locator('#unsent li')
  await ann.enter('ann', 'ops')
  await page.evaluate('navigator.serviceWorker.ready.then(() => {})')
  await ann.say('one')
  await heard(before, 'one')
  await ann.reads('one')
  await ann.say('/msg bot psst')
  await before.until(({ type }) => type === 'private')
  await ann.open('ops')
  await page.getByPlaceholder('Message #ops').waitFor()

  // It runs no more when these come.
  daemon.child.kill('SIGSTOP')
  await ann.say('two')
  await ann.say('three')
  await unsent.filter({ hasText: 'two' }).getByText('Sending…').waitFor()
  await kill()
  await ann.status('Reconnecting…')
  await page.reload()
  await ann.reads('one')
  await unsent.filter({ hasText: 'three' }).waitFor()
  await ann.say('four')

  daemon = new RoomdProcess(args)
  await daemon.ready()
  await ann.connected()
  await ann.reads('four')
  await expect.poll(() => unsent.count()).toBe(0)
  await page.reload()
  await ann.connected()
  await ann.reads('four')
  expect(await ann.bodies()).toEqual(['one', 'two', 'three', 'four'])
})

test('a text that is refused stays with the reason, until it is sent again or given up', async () => {
  const op = await server().line('op', 'mute')
  const ann = await visit(server().port)
  const unsent = ann.page.locator('#unsent li')
  await ann.enter('ann', 'mute')
  await op.ask('/mute ann 1h')
  await ann.say('first')
  await ann.say('second')
  await unsent.filter({ hasText: 'first' }).getByText("Not sent. You're muted in this room until ").waitFor()
  await ann.page.reload()
  await ann.connected()
  await unsent.filter({ hasText: 'second' }).getByRole('button', { name: 'Discard' }).click()
  await expect.poll(() => unsent.count()).toBe(1)
  await op.ask('/unmute ann')
  await unsent.getByRole('button', { name: 'Retry' }).click()
  expect(await heard(op, 'first')).toEqual(['ann: first'])
  await expect.poll(() => unsent.count()).toBe(0)
})
