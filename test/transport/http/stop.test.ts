/** Requests that come in the moment in which the port stops. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openPort } from '../../support/http.ts'

const GET = 'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n'

async function stage() {
  const asked: (() => void)[] = []
  const { http, port } = await openPort((app) => {
    app.get('/slow', () => new Promise((answer) => asked.push(() => answer('done'))))
  })
  const visit = async () => {
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  const untilAsked = async (count: number) => expect.poll(() => asked.length).toBe(count)
  return { http, visit, asked, untilAsked }
}

/** What comes up to the end of the connection. */
async function rest(socket: Socket): Promise<string> {
  const chunks = await socket.setEncoding('utf8').toArray()
  return chunks.join('')
}

test('a request on a connection that was idle is answered, and the answer says that the connection ends', async () => {
  const { http, visit, asked, untilAsked } = await stage()
  const socket = await visit()
  socket.write(GET)
  await untilAsked(1)
  asked[0]?.()
  expect(String(...(await once(socket, 'data')))).toContain('Connection: keep-alive')
  const fresh = await visit()
  const stopped = http.stop()
  for (const each of [socket, fresh]) each.write(GET)
  await untilAsked(3)
  for (const answer of asked) answer()
  for (const each of [socket, fresh])
    expect(await rest(each)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n[\s\S]*done$/i)
  await stopped
})

test('requests that are under way are all answered, and the last answer says that the connection ends', async () => {
  const { http, visit, asked, untilAsked } = await stage()
  const [before, across] = [await visit(), await visit()]
  before.write(GET + GET)
  across.write(GET)
  await untilAsked(3)
  const stopped = http.stop()
  across.write(GET)
  await untilAsked(4)
  for (const answer of asked) answer()
  for (const each of [before, across]) {
    const answers = (await rest(each)).split('done').slice(0, -1)
    expect(answers.map((answer) => /connection: (\S+)/i.exec(answer)?.[1])).toEqual(['keep-alive', 'close'])
  }
  await stopped
})

test('a connection on which nothing comes is ended', async () => {
  const { http, visit } = await stage()
  const idle = await visit()
  await Promise.all([http.stop(), rest(idle).then((text) => expect(text).toBe(''))])
})
