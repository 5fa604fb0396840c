/** docs/protocols/moderation.md, section 1.2: a guest's client takes a nickname back that a lost connection holds. */
import { expect, onTestFinished, test } from 'vitest'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { result } from '../../support/stage.ts'

const SECRET = 'a-secret-of-this-client'
const PRESENT = 'User with such nickname is already present in the requested room'

async function start(): Promise<TestDaemon> {
  const daemon = await startTestDaemon({ 'line-tls': false })
  onTestFinished(() => daemon.stop())
  return daemon
}

/** A client that has logged in as ann; its socket stays open whatever comes. */
async function ann(daemon: TestDaemon, words: string, localAddress?: string): Promise<LineClient> {
  const client = await LineClient.connect(daemon, 'TCP', 'whole', localAddress)
  onTestFinished(() => void client.socket.destroy())
  expect(await client.ask(`LOGIN ann${words}`)).toEqual(result('Username set to ann'))
  return client
}

test('a guest that comes back takes the nickname from the connection that was lost', async () => {
  const daemon = await start()
  const eve = await LineClient.connect(daemon)
  onTestFinished(() => void eve.socket.destroy())
  await eve.ask('LOGIN eve')
  eve.send('JOIN ops')
  const lost = await ann(daemon, ` session=${SECRET}`)
  lost.send('JOIN ops')
  await eve.until((line) => line.type === 'userJoined' && line.from === 'ann')
  lost.socket.pause()

  const back = await ann(daemon, ` session=${SECRET}`)
  expect(await back.ask('JOIN ops')).toEqual(result('Joined room ops'))
  const seen = await eve.until((line) => line.type === 'userJoined' && line.from === 'ann')
  expect(seen.map(({ type }) => type)).toEqual(['userLeft', 'userJoined'])
  lost.socket.resume()
  const [last] = (await lost.until(({ type }) => type === 'error')).slice(-1)
  expect(last).toMatchObject({ code: 'logged-in-elsewhere', reconnect: false })
  await lost.closed
})

test.each([
  { name: 'another secret', words: ' session=the-secret-of-another', address: undefined },
  { name: 'no secret', words: '', address: undefined },
  { name: 'another address', words: ` session=${SECRET}`, address: '127.0.0.2' },
])('a guest with $name does not', async ({ words, address }) => {
  const daemon = await start()
  const holder = await ann(daemon, ` session=${SECRET}`)
  holder.send('JOIN ops')
  await holder.until(({ type }) => type === 'userJoined')
  const other = await ann(daemon, words, address)
  expect(await other.ask('JOIN ops')).toMatchObject({ type: 'error', error: PRESENT })
  expect(await holder.rest()).toEqual([])
})

test('a secret that is too short is no secret, and an account is not replaced', async () => {
  const daemon = await start()
  const holder = await ann(daemon, ` session=${SECRET}`)
  await holder.ask('/register correct horse')
  const owner = await ann(daemon, ` correct horse session=${SECRET}`)
  expect(await owner.ask('/whoami')).toMatchObject({ type: 'commandResult' })
  expect(await holder.rest()).toEqual([])
  const short = await LineClient.connect(daemon)
  onTestFinished(() => void short.socket.destroy())
  expect(await short.ask('LOGIN bob session=short')).toMatchObject({ error: 'Invalid nickname' })
})
