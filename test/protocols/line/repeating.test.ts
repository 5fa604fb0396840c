/** Lines with a nonce, which clients send again until they are answered. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { Unavailable } from '../../../src/engine/errors.ts'
import { LocalLogs } from '../../../src/engine/local/logs.ts'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { history } from '../../support/stage.ts'

async function inRoom(daemon: Awaited<ReturnType<typeof startTestDaemon>>, name: string) {
  const client = await LineClient.connect(daemon)
  onTestFinished(() => void client.socket.destroy())
  client.send(`LOGIN ${name}`, 'JOIN ops')
  await client.until(({ type }) => type === 'userJoined')
  return client
}

/** A daemon whose store is away from the text `two` on, for a moment. */
async function startRefusing() {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const { append } = LocalLogs.prototype
  let isAway = false
  const spy = vi.spyOn(LocalLogs.prototype, 'append').mockImplementation(function (this: LocalLogs, log, draft) {
    if (draft.body === 'two') {
      isAway = true
      setImmediate(() => (isAway = false))
    }
    return isAway ? Promise.reject(new Unavailable('away')) : append.call(this, log, draft)
  })
  onTestFinished(() => void spy.mockRestore())
  return { daemon, spy }
}

test('a line with a nonce that is refused as unavailable ends the connection, and nothing behind it is said', async () => {
  const { daemon, spy } = await startRefusing()
  const witness = await inRoom(daemon, 'witness')
  const texts = ['one', 'two', 'three', 'four']
  const say = (client: LineClient) => client.send(...texts.map((text, at) => `MESSAGE nonce=n${at} ${text}`))
  const ann = await inRoom(daemon, 'ann')
  say(ann)
  const last = (await ann.until((line) => 'reconnect' in line)).at(-1)
  expect(last).toMatchObject({ type: 'error', code: 'unavailable', reconnect: true })
  spy.mockRestore()
  const again = await inRoom(daemon, 'ann')
  say(again)
  const heard = await witness.until((line) => line.type === 'message' && line.body === 'four')
  expect(heard.flatMap((line) => (line.type === 'message' ? [line.body] : []))).toEqual(texts)
})

test('so does a private message', async () => {
  const { daemon, spy } = await startRefusing()
  const witness = await inRoom(daemon, 'witness')
  const texts = ['one', 'two', 'three', 'four']
  const tell = (client: LineClient) => client.send(...texts.map((text, at) => `/tell witness nonce=n${at} ${text}`))
  const ann = await inRoom(daemon, 'ann')
  tell(ann)
  const last = (await ann.until((line) => 'reconnect' in line)).at(-1)
  expect(last).toMatchObject({ type: 'error', code: 'unavailable', reconnect: true })
  spy.mockRestore()
  tell(await inRoom(daemon, 'ann'))
  const heard = await witness.until((line) => line.type === 'private' && line.body === 'four')
  expect(heard.flatMap((line) => (line.type === 'private' ? [line.body] : []))).toEqual(texts)
})

test('a line without one is refused, and the connection goes on', async () => {
  const { daemon } = await startRefusing()
  const ann = await inRoom(daemon, 'ann')
  ann.send('two', '/me two')
  expect(await ann.next()).toMatchObject({ code: 'unavailable' })
  ann.send('three')
  const lines = await ann.until((line) => line.type === 'message')
  expect(lines.map((line) => (line.type === 'error' ? line.code : line.type))).toEqual([
    'unavailable',
    'commandResult',
    'message',
  ])
})

test('an action and a notice may have a nonce, and are said once', async () => {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const ann = await inRoom(daemon, 'ann')
  ann.send('/me nonce=a waves', '/me nonce=a waves', '/notice nonce=b "7\\nis green"', '/me nonce=!', 'end')
  let replies = 0
  const lines = await ann.until(({ type }) => type === 'commandResult' && ++replies === 5)
  const ids = lines.flatMap((line) => (line.type === 'commandResult' && line.id ? [line.id] : []))
  expect(ids).toHaveLength(3)
  expect(ids[0]).toBe(ids[1])
  expect((await history(ann)).filter(({ type }) => type === 'message')).toMatchObject([
    { body: 'waves', action: true, id: ids[0] },
    { body: '7\nis green', notice: true, id: ids[2] },
    { body: 'nonce=!', action: true },
    { body: 'end' },
  ])
})

/** The error codes and the texts that come of bytes at whose end the client ends its side. */
async function saidOf(bytes: string) {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const witness = await inRoom(daemon, 'witness')
  const ann = await inRoom(daemon, 'ann')
  ann.write(bytes)
  ann.end()
  await ann.closed
  const codes = Array.from(ann.received.toString().matchAll(/"code": ?"([^"]+)"/g), ([, code]) => code)
  const heard = await witness.until((line) => line.type === 'userLeft' && line.from === 'ann')
  return {
    codes,
    said: heard.flatMap((line) => (line.type === 'message' || line.type === 'private' ? [line.body] : [])),
  }
}

test.for([
  'MESSAGE nonce=zz hel',
  'MESSAGE nonce=0zi',
  'MESSAGE nonce=',
  '/me nonce=zz wav',
  '/tell witness nonce=zz ps',
  '/msg "witness" nonce=zz ps',
])('a last line that is cut off is not carried out where its client sends it again: %s', async (bytes) => {
  expect(await saidOf(bytes)).toEqual({ codes: ['line-unfinished'], said: [] })
})

test('nor is whatever else is cut off behind lines with a nonce', async () => {
  for (const rest of ['MESSA', 'hello', 'MESSAGE non']) {
    const all = `MESSAGE nonce=n0 one\nMESSAGE nonce=n1 two\r\n${rest}`
    expect(await saidOf(all), rest).toEqual({ codes: ['line-unfinished'], said: ['one', 'two'] })
  }
  expect(await saidOf('/tell witness nonce=n0 psst\nhel')).toEqual({ codes: ['line-unfinished'], said: ['psst'] })
})

test('other last lines without a line feed are said, and so is all behind PIPE', async () => {
  for (const line of ['hello', 'MESSAGE hello', 'nonce=a', 'about MESSAGE nonce=a'])
    expect(await saidOf(line), line).toEqual({ codes: [], said: [line.replace(/^MESSAGE /, '')] })
  const piped = 'MESSAGE nonce=n0 one\nPIPE\nMESSAGE nonce=zz hel'
  expect(await saidOf(piped)).toEqual({ codes: [], said: ['one', 'MESSAGE nonce=zz hel'] })
})
