/** A name that looks like an account's is refused at every protocol that takes it for a name, in that protocol's words. */
import { expect, onTestFinished, test } from 'vitest'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { FrameClient } from '../support/frames.ts'
import { joining, openGlobes } from '../support/globes.ts'

/** The first letter is Cyrillic. */
const ALIKE = 'аdmin'
/** With a character that shows nothing. */
const HIDDEN = 'bob\u3164by'

async function withAdmin() {
  const daemon = await startTestDaemon({ 'chatterbox-plain': 0, chatroom: 0, http: 0 })
  onTestFinished(() => daemon.stop())
  const owner = await LineClient.connect(daemon)
  expect(await owner.ask('LOGIN admin')).toMatchObject({ type: 'commandResult' })
  expect(await owner.ask('/register correct horse')).toMatchObject({ type: 'commandResult' })
  owner.socket.destroy()
  return daemon
}

test('Chatterbox', async () => {
  const daemon = await withAdmin()
  const client = await FrameClient.connect(daemon.port('chatterbox-plain'), 'TCP')
  onTestFinished(() => void client.socket.destroy())
  const refused = (INFO: string) => ({ USERNAME_ACCEPTED: false, INFO })
  expect(await client.ask({ USERNAME: ALIKE })).toEqual(refused('The provided username is reserved.'))
  expect(await client.ask({ USERNAME: HIDDEN })).toMatchObject(refused(expect.stringContaining('Letters, digits')))
  expect(await client.ask({ USERNAME: 'ѕerver' })).toEqual(refused('The provided username is not allowed.'))
  expect(await client.ask({ USERNAME: 'admin2' })).toMatchObject({ USERNAME_ACCEPTED: true })
})

test('Chatroom', async () => {
  const daemon = await withAdmin()
  const client = await FrameClient.connect(daemon.port('chatroom'), 'TLS')
  onTestFinished(() => void client.socket.destroy())
  const ask = (type: string, username: string) => client.ask({ type, data: { username, password: 'correct horse' } })
  for (const name of [ALIKE, HIDDEN, 'ѕerver']) {
    expect(await ask('register', name)).toMatchObject({ status: 'error', message: 'Invalid username' })
  }
  expect(await ask('register', 'admin2')).toMatchObject({ status: 'ok' })
  expect(await ask('login', 'admin')).toMatchObject({ status: 'ok' })
})

test('Globes', async () => {
  const daemon = await withAdmin()
  const port = daemon.port('http')
  const post = async (path: string, body: object) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: JSON.stringify(body) })
    return { status: response.status, body: await response.json() }
  }
  const den = { title: 'Den', visibility: 'private', password: 'correct horse' }
  expect(await post('/chats', den)).toMatchObject({ status: 201 })
  for (const path of ['/chats/den/token', '/chats/1/token']) {
    const answer = await post(path, { secret: 'correct horse', name: ALIKE })
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 202, field: 'name' } } })
  }
  expect(await post('/chats/den/token', { secret: 'correct horse', name: 'admin2' })).toMatchObject({ status: 201 })
  const client = await openGlobes(port)
  client.send(joining(ALIKE))
  expect((await client.closed)[0]).toBe(1008)
})

test('Piratchat, whose names are letters and digits', async () => {
  const daemon = await withAdmin()
  const register = async (username: string) => {
    const body = JSON.stringify({ username })
    return (await fetch(`http://127.0.0.1:${daemon.port('http')}/api/register`, { method: 'POST', body })).status
  }
  expect(await register('adrnin')).toBe(409)
  expect(await register('admit')).toBe(201)
})

test('the line protocol', async () => {
  const daemon = await withAdmin()
  const client = await LineClient.connect(daemon)
  onTestFinished(() => void client.socket.destroy())
  expect(await client.ask('LOGIN adrnin')).toMatchObject({ type: 'error', code: 'name-reserved' })
  expect(await client.ask('LOGIN admit')).toMatchObject({ type: 'commandResult' })
})
