/** The text of --welcome, as newcomers see it. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { connect } from '../../src/client/node/index.ts'
import { checkConfig } from '../../src/config.ts'
import { IrcClient } from '../clients/irc.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

const WELCOME = `The chat of the observatory. ${'天'.repeat(160)}`

let daemon: TestDaemon
beforeAll(async () => {
  daemon = await startTestDaemon({ irc: 0, 'irc-tls': false, welcome: WELCOME })
})
afterAll(() => daemon.stop())

test('a client that has not logged in asks for it, and finds it in the hint', async () => {
  const client = await LineClient.connect(daemon)
  onTestFinished(() => void client.socket.destroy())
  client.send('help')
  expect(await client.next()).toMatchObject({
    type: 'notice',
    notice: expect.stringMatching(/^The chat of the observatory\. 天+\. This is roomd\. Type LOGIN/),
  })
  await client.next()
  expect(await client.ask('/limits')).toMatchObject({
    result: expect.stringMatching(/^The chat of the observatory\. 天+\nA line has/),
    limits: { text: 4_000, welcome: WELCOME },
  })
})

test('the library returns it with the limits', async () => {
  const ann = await connect(`tcp://127.0.0.1:${daemon.line}`, { nickname: 'ann' })
  onTestFinished(() => ann.close())
  expect(await ann.limits()).toMatchObject({ welcome: WELCOME })
})

test('an IRC client is shown it, in as many lines as it needs', async () => {
  const client = await IrcClient.connect(daemon.port('irc'))
  onTestFinished(() => void client.socket.destroy())
  client.send('NICK bob', 'USER bob 0 * :bob')
  const lines = (await client.until(/ (422|376) /)).filter((line) => line.includes(' 372 '))
  const texts = lines.map((line) => line.slice(':roomd 372 bob :- '.length))
  expect(texts.length).toBe(2)
  expect(texts[0]).toMatch(/^The chat/)
  expect(texts.join('')).toBe(WELCOME)
})

test('it is one line of at most 500 characters', () => {
  expect(checkConfig({ welcome: '🚲'.repeat(500) }).welcome).toHaveLength(1_000)
  expect(checkConfig({}).welcome).toBeUndefined()
  for (const welcome of ['x'.repeat(501), 'two\nlines', 'bell\x07', '  ', 'a\u2028b'])
    expect(() => checkConfig({ welcome }), JSON.stringify(welcome)).toThrow('--welcome is one line of at most 500')
})
