/** What happens at the limits of connections that a single parser or counter does not show. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isWebSocket, type LineClient, type Transport } from '../../support/client.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { TIMED } from '../../support/eventually.ts'
import { error, history, isReply, ok, said, stage } from '../../support/stage.ts'
import { holdTimers } from '../../support/timers.ts'

const LONG = 'x'.repeat(4_000)

describe.each<{ transport: Transport }>([{ transport: 'TCP' }, { transport: 'TLS' }, { transport: 'WS' }])(
  'over $transport',
  (over) => {
    const way = { ...over, mode: 'whole' } as const
    const inMessages = isWebSocket(over.transport)
    /** At the HTTP port nobody can be told anything in this protocol before the handshake. */
    const onAStream = test.runIf(!inMessages)
    /** TLS hands on a stream as TCP does. */
    const besidesTls = test.runIf(over.transport !== 'TLS')

    test('a reader that stops is told, let go, and holds nobody up', async () => {
      const { together } = await stage(way, { 'max-queue': 65_536 })
      const [ann, bob, eve] = await together('ops', 'ann', 'bob', 'eve')
      eve.socket.pause()
      const heard: string[] = []
      for (let gone = false; !gone; ) {
        ann.send(LONG)
        for (const line of await bob.until(({ type }) => type === 'message')) {
          if (line.type === 'message') heard.push(line.body)
          if (line.type === 'userLeft') gone = line.from === 'eve'
        }
      }
      expect(new Set(heard)).toEqual(new Set([LONG]))
      eve.socket.resume()
      await eve.closed
      if (inMessages) expect(eve.closing).toEqual({ code: 1008, reason: 'Reading too slowly, messages would be lost' })
      const lines = await eve.until(({ type }) => type === 'error')
      expect(lines.at(-1)).toEqual(error('Reading too slowly, messages would be lost', { reconnect: true }))
      expect((await ann.rest()).filter(isReply)).toHaveLength(heard.length)
      expect(await bob.ask('/who')).toMatchObject({ members: ['ann', 'bob'] })
    })

    besidesTls(
      'a paste of long lines, and the long history of it, are not too much for a client that reads',
      async () => {
        const { together } = await stage(way, { 'max-queue': 1_048_576 })
        const [ann] = await together('ops', 'ann')
        const lines = Array.from({ length: 2_000 }, (_, n) => `${n} ${LONG}`.slice(0, 4_000))
        ann.send(...lines)
        const heard = await ann.rest()
        expect(heard.filter(isReply)).toEqual(lines.map(() => ok))
        expect(heard.filter(({ type }) => type === 'message')).toMatchObject(lines.map((line) => said('ann', line)))
        const kept = (await history(ann)).filter(({ type }) => type === 'message')
        expect(kept.map(({ body }) => body)).toEqual(lines)
      },
    )

    besidesTls('nor is one that costs six bytes a character', async () => {
      const { together } = await stage(way)
      const [ann, bob] = await together('ops', 'ann', 'bob')
      // Over a megabyte on the wire.
      const lines = Array.from({ length: 45 }, () => '\u202e'.repeat(4_000))
      ann.send(...lines)
      expect((await ann.rest()).filter(isReply)).toEqual(lines.map(() => ok))
      expect(await bob.rest()).toMatchObject(lines.map((line) => said('ann', line)))
    })

    besidesTls('many long replies in one go are not too much for a client that reads', async () => {
      const { connect } = await stage(way, { 'max-queue': 65_536 })
      const client = await connect()
      client.send(...Array.from({ length: 500 }, () => '/help'))
      expect(await client.rest()).toHaveLength(500)
    })

    besidesTls('lines made to be slow to take apart are not', { ...TIMED, timeout: 5_000 }, async () => {
      const { connect } = await stage(way)
      const client = await connect()
      const blanks = `LOGIN a${' '.repeat(16_000)}b`
      client.send(...Array.from({ length: 100 }, () => blanks))
      const telnet = Buffer.from(`${'\xff\xfa'.repeat(8_000)}\r\n`, 'latin1')
      if (!inMessages) client.write(Buffer.concat(Array.from({ length: 100 }, () => telnet)))
      expect(await client.rest()).toHaveLength(inMessages ? 100 : 200)
    })

    besidesTls('over its rate a connection is read more slowly, is told so once, and loses nothing', async () => {
      const { login } = await stage(way, { 'max-rate': 100, 'max-burst': 20 })
      const [ann, bob] = [await login('ann'), await login('bob')]
      const started = performance.now()
      ann.send(...Array.from({ length: 60 }, (_, n) => `/ping ${n}`))
      let slow = true
      const all = ann.take(61).finally(() => {
        slow = false
      })
      expect(await bob.ask('/ping')).toMatchObject({ result: 'PONG' })
      expect(slow).toBe(true)
      const lines = await all
      // All but the burst, at the rate.
      expect(performance.now() - started).toBeGreaterThan(300)
      expect(lines.filter(isReply)).toEqual(
        Array.from({ length: 60 }, (_, n) => ({ type: 'commandResult', result: `PONG ${n}` })),
      )
      expect(lines.filter((line) => !isReply(line))).toEqual([
        { type: 'notice', notice: 'Slow down: your lines are read at the permitted rate' },
      ])
    })

    onAStream('more connections than permitted are refused, until one goes', async () => {
      const { connect } = await stage(way, { 'max-connections': 2 })
      const [first, second] = [await connect(), await connect()]
      await expectRefused(await connect(), 'Too many connections', true)
      expect(await second.ask('/ping')).toMatchObject({ result: 'PONG' })
      first.socket.destroy()
      await first.closed
      await second.ask('/ping')
      expect(await (await connect()).ask('/ping')).toMatchObject({ result: 'PONG' })
    })

    onAStream('so are more from one address', async () => {
      const { connect } = await stage(way, { 'max-per-address': 1 })
      const first = await connect()
      await expectRefused(await connect(), 'Too many connections from your address', false)
      expect(await first.ask('/ping')).toMatchObject({ result: 'PONG' })
    })

    test('who does not log in in time is told and let go; who has may be silent', async () => {
      const runOut = holdTimers(123_000)
      const { connect, login } = await stage(way, { 'login-timeout': 123 })
      const ann = await login('ann')
      const nobody = await connect()
      // It only starts the time anew.
      expect(await nobody.ask('/ping')).toMatchObject({ result: 'PONG' })
      runOut()
      expect(await nobody.next()).toEqual(error('Login takes too long', { reconnect: true }))
      await nobody.closed
      if (inMessages) expect(nobody.closing).toEqual({ code: 1008, reason: 'Login takes too long' })
      expect(await ann.ask('/ping')).toMatchObject({ result: 'PONG' })
    })

    besidesTls('a LOGIN that waited for an earlier line counts too', async () => {
      const runOut = holdTimers(123_000)
      const { connect } = await stage(way, { 'login-timeout': 123 })
      const [ann, nobody] = [await connect(), await connect()]
      ann.send('/rooms', 'LOGIN ann')
      await ann.take(2)
      runOut()
      await nobody.closed
      expect(await ann.ask('/ping')).toMatchObject({ result: 'PONG' })
    })

    test(
      'stopping answers what was taken, says so, and waits no longer than it may for who does not read',
      TIMED,
      async () => {
        const { together, stop } = await stage(way, { 'drain-timeout': 1 })
        const [ann, deaf] = await together('ops', 'ann', 'deaf')
        deaf.socket.pause()
        ann.send(...Array.from({ length: 100 }, (_, n) => `line ${n}`))
        await ann.until(isReply)
        const started = performance.now()
        await Promise.all([stop(), ann.closed])
        expect(performance.now() - started).toBeLessThan(4_000)
        const lines = await ann.until(({ type }) => type === 'notice')
        expect(lines.at(-1)).toMatchObject({ notice: 'Server is stopping, come back in a moment', reconnect: true })
        if (inMessages) expect(ann.closing).toMatchObject({ code: 1001 })
        // What was answered was heard too.
        const acknowledged = 1 + lines.filter(isReply).length
        expect(lines.filter(({ type }) => type === 'message').length).toBeGreaterThanOrEqual(acknowledged)
      },
    )
  },
)

async function expectRefused(client: LineClient, text: string, reconnect: boolean): Promise<void> {
  expect(await client.next()).toEqual(error(text, { reconnect }))
  await client.closed
}

test('connections that do not shake hands are bounded too', async () => {
  const daemon = await startTestDaemon({ 'line-tls': 0, 'max-per-address': 10 })
  onTestFinished(() => daemon.stop())
  const silent = Array.from({ length: 100 }, () =>
    connect(daemon.lineTls, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  )
  let closed = 0
  await new Promise<void>((resolve) => {
    for (const socket of silent) {
      socket.on('close', () => {
        if (++closed === 100 - 10 - 64) resolve()
      })
    }
  })
  for (const socket of silent) socket.destroy()
})

test.for(['is gone right behind its handshake', 'never shakes hands'])(
  'a client that %s does not hold up a stop',
  TIMED,
  async (how) => {
    const daemon = await startTestDaemon({ 'line-tls': 0 })
    const at = { port: daemon.lineTls, host: '127.0.0.1' }
    const socket = how.startsWith('is') ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at)
    socket.on('error', () => {})
    await once(socket, how.startsWith('is') ? 'secureConnect' : 'connect')
    if (how.startsWith('is')) socket.destroy()
    const started = performance.now()
    await daemon.stop()
    expect(performance.now() - started).toBeLessThan(3_000)
    socket.destroy()
  },
)

test('a TLS handshake that never ends is cut off and holds nobody up', async () => {
  const daemon = await startTestDaemon({ 'line-tls': 0 })
  onTestFinished(() => daemon.stop())
  const silent: Socket[] = []
  for (let n = 0; n < 20; n++) silent.push(connect(daemon.lineTls, '127.0.0.1'))
  for (const socket of silent) socket.on('error', () => {})
  const closed = silent.map((socket) => once(socket, 'close'))
  // A hello that stops in the middle.
  silent[0]?.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]))
  const { login } = await stage({ transport: 'TLS', mode: 'whole' })
  expect(await (await login('ann')).ask('/ping')).toMatchObject({ result: 'PONG' })
  for (const socket of silent) socket.resume()
  await Promise.all(closed)
})
