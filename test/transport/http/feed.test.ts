/** Connections that begin with many requests. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { exchange, openPort, request } from '../../support/http.ts'

const ask = (line: string, ...headers: string[]) => request(line, 'Connection: keep-alive', ...headers)

test('of many requests two are answered at a time, in their order, and all when the client has closed its side', async () => {
  const asked: string[] = []
  const answers: (() => void)[] = []
  const { port } = await openPort((app) => {
    app.get<{ Params: { n: string } }>('/slow/:n', ({ params: { n } }) => {
      asked.push(n)
      return new Promise((answer) => answers.push(() => answer(`answer ${n}`)))
    })
  })
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  const heard = socket.setEncoding('utf8').toArray()
  socket.end(['1', '2', '3', '4', '5'].map((n) => ask(`GET /slow/${n}`)).join(''))
  for (let count = 2; count <= 5; count++) {
    await eventually(() => expect(asked).toHaveLength(count))
    answers[count - 2]?.()
  }
  answers[4]?.()
  expect(asked).toEqual(['1', '2', '3', '4', '5'])
  expect((await heard).join('').match(/answer \d/g)).toEqual(asked.map((n) => `answer ${n}`))
})

test('bodies between many requests are not taken for requests', async () => {
  const { port } = await openPort((app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body))
    app.post('/echo', async ({ body }) => `[${String(body).length}]`)
  })
  const post = (body: string) => ask('POST /echo', 'Content-Type: text/plain', `Content-Length: ${body.length}`) + body
  const socket = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  let heard = ''
  socket.write(post('\r\n\r\n\r\n\r\n') + post('') + post('GET / HTTP/1.1\r\n\r\n') + post('end'))
  while ((heard.match(/\[\d+\]/g) ?? []).length < 4) heard += (await once(socket, 'data'))[0]
  expect(heard.match(/\[\d+\]/g)).toEqual(['[8]', '[0]', '[18]', '[3]'])
  expect(await exchange(port, `${post('')}${post('')}${post('')}nonsense\r\n\r\n`)).toMatch(
    /(HTTP\/1.1 200 [\s\S]*){3}HTTP\/1.1 400 /,
  )
})
