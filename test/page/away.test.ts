import type { Clock, WebSocketRoute } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { startTestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { reservePort } from '../support/port.ts'
import { RoomdProcess } from '../support/process.ts'
import { heard, lineClient, openBrowser, startWithPage, type Visitor } from './browser.ts'

const visit = openBrowser()

/** Stands between a page and its server: what it lets through, and when. */
async function stand(visitor: Visitor) {
  const gate = { open: true, deaf: false, shut: () => {} }
  await visitor.page.routeWebSocket(/\/line$/, (client: WebSocketRoute) => {
    if (!gate.open) return void client.close()
    const server = client.connectToServer()
    server.onMessage((message) => {
      if (!gate.deaf) client.send(message)
    })
    gate.shut = () => {
      gate.open = false
      void server.close()
      void client.close()
    }
  })
  return gate
}

/** Enters, and stops the page's clock: it does nothing after a time unless the time is made to pass. */
async function enterWithClock(visitor: Visitor): Promise<Clock> {
  const { clock } = visitor.page
  await clock.install()
  await visitor.enter('ann', 'ops')
  await clock.pauseAt(Date.now() + 1_000)
  return clock
}

test('a daemon killed and restarted under an open page: nothing is missing, nothing is there twice', async () => {
  const [line, http] = [await reservePort(), await reservePort()]
  const args = ['--data', temporaryFolder(), '--line', String(line)]
  const withPage = ['--http', String(http)]
  let daemon = new RoomdProcess([...args, ...withPage])
  await daemon.ready()
  const kill = async () => {
    daemon.child.kill('SIGKILL')
    await daemon.exit
  }
  onTestFinished(async () => {
    await kill()
  })
  const restart = async (...more: readonly string[]) => {
    await kill()
    daemon = new RoomdProcess([...args, ...more])
    await daemon.ready()
  }

  const ann = await visit(http)
  const clock = await enterWithClock(ann)
  const before = await lineClient({ line }, 'bot', 'ops')
  before.send('one')
  await ann.reads('one')
  await ann.say('two')
  await heard(before, 'two')
  await ann.reads('two')

  // Said, and never heard: the daemon no longer runs when it comes.
  daemon.child.kill('SIGSTOP')
  await ann.say('lost')
  await restart('--no-http')
  await ann.status('Connection lost')
  const inVain = ann.page.waitForEvent('console', (message) => message.text().startsWith('WebSocket connection to'))
  await clock.runFor(400)
  await inVain
  await ann.page.locator('#unsent', { hasText: 'Not confirmed' }).waitFor()
  await ann.say('kept')
  await ann.page.locator('#hint', { hasText: 'What you wrote stays here' }).waitFor()
  const meanwhile = await lineClient({ line }, 'bot', 'ops')
  meanwhile.send('three', 'four')
  await heard(meanwhile, 'four')

  await restart(...withPage)
  const after = await lineClient({ line }, 'bot', 'ops')
  after.send('five')
  await ann.page.getByRole('button', { name: 'Try now' }).click()
  await ann.connected()
  await ann.reads('five')
  expect(await ann.bodies()).toEqual(['one', 'two', 'three', 'four', 'five'])
  await ann.page.locator('#text').press('Enter')
  expect(await heard(after, 'kept')).toContain('ann: kept')
  await ann.page.locator('#unsent', { hasText: 'Not sent.' }).waitFor()
  await ann.page.getByRole('button', { name: 'Send again' }).click()
  expect(await heard(after, 'lost')).toEqual(['ann: lost'])
  await ann.reads('lost')
  await ann.page.locator('#unsent').waitFor({ state: 'hidden' })
  expect(await ann.bodies()).toEqual(['one', 'two', 'three', 'four', 'five', 'kept', 'lost'])
  await ann.sees('annyou', 'bot')
})

test('what was said but not confirmed is found again and not said twice; a name that is held is waited for', async () => {
  const { port, line } = await startWithPage()
  const bot = await line('bot', 'ops')
  const ann = await visit(port)
  const gate = await stand(ann)
  await ann.enter('ann', 'ops')
  gate.deaf = true
  await ann.say('heard all the same')
  expect(await heard(bot, 'heard all the same')).toEqual(['ann: heard all the same'])
  gate.shut()
  await ann.status('Connection lost')
  await bot.until(({ type }) => type === 'userLeft')
  const ghost = await line('ann', 'ops')
  gate.deaf = false
  gate.open = true
  await ann.status('Waiting for your nickname')
  ghost.socket.destroy()
  await ann.connected()
  await ann.page.locator('#unsent').waitFor({ state: 'hidden' })
  expect(await ann.bodies()).toEqual(['heard all the same'])

  // Told to come back at once.
  gate.shut()
  await ann.status('Connection lost')
  gate.open = true
  await ann.page.evaluate("dispatchEvent(new Event('online'))")
  await ann.connected()
  expect(await ann.bodies()).toEqual(['heard all the same'])
})

test('a history that is gone is said, and so is the stop of the server', async () => {
  const port = await reservePort()
  const first = await startTestDaemon({ http: port })
  const ann = await visit(port)
  await ann.enter('ann', 'ops')
  await ann.say('before')
  await ann.reads('before')
  await first.stop()
  await ann.reads('Server is stopping')
  await startWithPage({ http: port })
  await ann.reads('Some messages may be missing here')
  await ann.connected()
  await ann.say('after')
  await ann.reads('after')
  expect(await ann.bodies()).toEqual(['before', 'after'])
})

test('somebody else with the name registered in the meantime: back at the door, and told why', async () => {
  const { port, line } = await startWithPage()
  const ann = await visit(port)
  const gate = await stand(ann)
  await ann.enter('ann', 'ops')
  gate.shut()
  await ann.status('Connection lost')
  const bot = await line('bot', 'ops')
  await expect.poll(async () => JSON.stringify(await bot.ask('/who'))).not.toContain('ann')
  const other = await line('ann', 'ops')
  await other.ask('/register sesame open')
  gate.open = true
  await ann.page.locator('#password-wrong', { hasText: 'ann is registered' }).waitFor()
})

test('a server that no longer answers is noticed, and come back to', async () => {
  const { port, line } = await startWithPage()
  const bot = await line('bot', 'ops')
  const ann = await visit(port)
  const gate = await stand(ann)
  const clock = await enterWithClock(ann)
  gate.deaf = true
  bot.send('not heard')
  await clock.fastForward(31_000)
  await clock.fastForward(11_000)
  await ann.status('Connection lost')
  gate.deaf = false
  await ann.page.getByRole('button', { name: 'Try now' }).click()
  await ann.connected()
  expect(await ann.bodies()).toEqual(['not heard'])
})
