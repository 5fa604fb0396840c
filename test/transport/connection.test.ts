import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Admission } from '../../src/transport/admission.ts'
import type { ConnectionOptions } from '../../src/transport/connection-options.ts'
import type { ClientLink, Conversation } from '../../src/transport/conversation.ts'
import { DISCONNECTS } from '../../src/transport/disconnect.ts'
import { encodeFrame, FrameReader } from '../../src/transport/frames.ts'
import { Tally } from '../../src/transport/tally.ts'
import { socketListener } from '../../src/transport/tcp.ts'
import { loadTestCertificate } from '../support/certificate.ts'
import type { Transport } from '../support/client.ts'
import { FrameClient } from '../support/frames.ts'
import { evenPacing } from '../support/pacing.ts'
import { holdTimers } from '../support/timers.ts'

const frame = (value: object) => encodeFrame(JSON.stringify(value))

/** Does what it is asked: echoes, waits, floods, fails, hangs up. */
class Parrot implements Conversation<Buffer> {
  session: { readonly name: string; readonly isBot: boolean } | undefined
  heard = 0
  readonly #link: ClientLink
  readonly #left: () => void

  constructor(link: ClientLink, left: () => void) {
    this.#link = link
    this.#left = left
  }

  handle(payload: Buffer): void | Promise<void> {
    this.heard++
    const { login, late, flood, fail, quit, echo, expel } = JSON.parse(payload.toString())
    if (fail) throw new Error('as it was asked')
    if (login) this.session = { name: login, isBot: false }
    if (late) return this.#later(late)
    for (let n = 0; n < (flood ?? 0); n++) this.#link.push(frame({ n, fill: 'x'.repeat(100) }))
    if (echo !== undefined) this.#link.push(frame({ echo }))
    if (quit) this.#link.hangUp()
    for (let n = 0; n < (expel ?? 0); n++) this.#link.disconnect('disconnected')
  }

  leave(): void {
    this.#left()
  }

  async #later(late: string): Promise<void> {
    await turn()
    await turn()
    if (late === 'fail') throw new Error('as it was asked')
    this.#link.push(frame({ late }))
  }
}

interface Setting {
  readonly transport: Transport
  readonly writesEach: boolean
}

async function stage(
  { transport, writesEach }: Setting,
  overrides: Partial<ConnectionOptions> = {},
  maxConnections = 0,
) {
  const parrots: Parrot[] = []
  let left = 0
  const log = pino({ level: 'silent' })
  const tally = new Tally()
  const options: ConnectionOptions = {
    log,
    tally,
    maxQueueBytes: 1_048_576,
    pacing: evenPacing({ rate: 0, burst: 1 }),
    loginTimeoutMs: 0,
    writesEach,
    lastWord: (reason) => frame({ last: DISCONNECTS[reason].text }),
    ...overrides,
  }
  const listener = socketListener({
    name: 'parrot',
    admission: new Admission({ maxConnections, maxPerAddress: 0 }),
    certificate: transport === 'TLS' ? loadTestCertificate() : undefined,
    options,
    framing: () => new FrameReader(65_536),
    converse: (link) => {
      const parrot = new Parrot(link, () => left++)
      parrots.push(parrot)
      return parrot
    },
  })
  const { port } = await listener.listen('127.0.0.1', 0)
  const clients: FrameClient[] = []
  onTestFinished(async () => {
    for (const { socket } of clients) socket.destroy()
    await listener.stop()
    // Each once, however it ended.
    expect(left).toBe(parrots.length)
  })
  const connect = async () => {
    const client = await FrameClient.connect(port, transport)
    clients.push(client)
    return client
  }
  return { connect, parrots, tally, stop: () => listener.stop() }
}

describe.each<Setting>([
  { transport: 'TCP', writesEach: false },
  { transport: 'TLS', writesEach: true },
])('over $transport, a record for each frame: $writesEach', (setting) => {
  test('frames are answered in order, late answers too, in one write or byte by byte', async () => {
    const { connect } = await stage(setting)
    const requests = [{ echo: 1 }, { late: 'a' }, { echo: 2 }, { late: 'b' }, { late: 'c' }, { echo: 3 }]
    const whole = await connect()
    whole.send(...requests)
    expect(await whole.take(requests.length)).toEqual(requests)
    const bytes = await connect()
    for (const byte of Buffer.concat(requests.map(frame))) {
      bytes.socket.write(Buffer.from([byte]))
      await turn()
    }
    expect(await bytes.take(requests.length)).toEqual(requests)
  })

  test('a client that half-closes gets every reply, then the end', async () => {
    const { connect } = await stage(setting)
    const client = await connect()
    client.send({ flood: 200 }, { late: 'a' }, { echo: 1 })
    client.socket.end()
    const frames = await client.rest()
    expect(frames).toHaveLength(202)
    expect(frames.slice(-2)).toEqual([{ late: 'a' }, { echo: 1 }])
  })

  test('who hangs up is not heard any more and gets what was queued', async () => {
    const { connect } = await stage(setting)
    const client = await connect()
    client.send({ flood: 3 }, { echo: 1, quit: true }, { echo: 2 })
    expect(await client.rest()).toMatchObject([{ n: 0 }, { n: 1 }, { n: 2 }, { echo: 1 }])
  })

  test('a frame that fails, at once or late, ends nothing', async () => {
    const { connect } = await stage(setting)
    const client = await connect()
    client.send({ fail: true }, { late: 'fail' }, { echo: 1 })
    expect(await client.next()).toEqual({ echo: 1 })
  })

  test('a frame that is too long is not read: the client is told and let go', async () => {
    const { connect } = await stage(setting)
    const client = await connect()
    client.send({ echo: 1 })
    client.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7b]))
    client.send({ echo: 2 })
    expect(await client.rest()).toEqual([{ echo: 1 }, { last: 'Message too long' }])
  })

  test('who reads nothing is not heard, and gets everything when he does', async () => {
    const { connect, parrots } = await stage(setting)
    const client = await connect()
    client.socket.pause()
    const echo = 'x'.repeat(60_000)
    for (let n = 0; n < 400; n++) client.send({ echo })
    // Another one is served as long as the first one's bytes go on coming.
    const other = await connect()
    for (let heard = -1; heard !== parrots[0]?.heard; ) {
      heard = parrots[0]?.heard ?? 0
      for (let n = 0; n < 100; n++) await other.ask({ echo: n })
    }
    expect(parrots[0]?.heard).toBeLessThan(400)
    client.socket.resume()
    expect(await client.take(400)).toEqual(Array.from({ length: 400 }, () => ({ echo })))
  })

  test('over its rate a connection is read more slowly and loses nothing', async () => {
    const { connect } = await stage(setting, { pacing: evenPacing({ rate: 100, burst: 20 }) })
    const client = await connect()
    const started = performance.now()
    const requests = Array.from({ length: 60 }, (_, echo) => ({ echo }))
    client.send(...requests)
    expect(await client.take(60)).toEqual(requests)
    expect(performance.now() - started).toBeGreaterThan(300)
  })

  test('who does not log in in time is told and let go; who has may be silent', async () => {
    const runOut = holdTimers(60_000)
    const { connect } = await stage(setting, { loginTimeoutMs: 60_000 })
    const [ann, late, nobody] = [await connect(), await connect(), await connect()]
    expect(await ann.ask({ login: 'ann', echo: 1 })).toEqual({ echo: 1 })
    expect(await late.ask({ login: 'late', late: 'a' })).toEqual({ late: 'a' })
    runOut()
    expect(await nobody.rest()).toEqual([{ last: 'Login takes too long' }])
    expect(await ann.ask({ echo: 2 })).toEqual({ echo: 2 })
    expect(await late.ask({ echo: 2 })).toEqual({ echo: 2 })
  })

  test('stopping answers what was taken, says so, and closes', async () => {
    const { connect, stop } = await stage(setting)
    const client = await connect()
    await client.ask({ echo: 1 })
    client.send({ late: 'a' })
    await turn()
    await Promise.all([stop(), client.closed])
    expect((await client.rest()).at(-1)).toEqual({ last: 'Server is stopping, come back in a moment' })
  })

  test('one connection too many is told why', async () => {
    const { connect } = await stage(setting, {}, 1)
    const first = await connect()
    await first.ask({ echo: 1 })
    expect(await (await connect()).rest()).toEqual([{ last: 'Too many connections' }])
    expect(await first.ask({ echo: 2 })).toEqual({ echo: 2 })
  })

  test('a client that vanishes in the middle of everything leaves nothing behind', async () => {
    const { connect, parrots } = await stage(setting)
    const client = await connect()
    client.send({ flood: 5_000 }, { late: 'a' }, { echo: 1 })
    await client.next()
    client.socket.destroy()
    await once(client.socket, 'close')
    expect(await (await connect()).ask({ echo: 1 })).toEqual({ echo: 1 })
    expect(parrots).toHaveLength(2)
  })
})

test('over TLS each frame is a record of its own, where that is asked for', async () => {
  const { connect } = await stage({ transport: 'TLS', writesEach: true })
  const [first, second] = [await connect(), await connect()]
  first.send({ flood: 300 }, { echo: 1 })
  second.send({ flood: 300 }, { echo: 1 })
  for (const client of [first, second]) {
    await client.take(301)
    expect(client.chunks.map((chunk) => chunk.readUInt32BE() + 4)).toEqual(client.chunks.map(({ length }) => length))
    expect(client.chunks).toHaveLength(301)
  }
})

test('a disconnect is counted once, however often it is asked for', async () => {
  const { connect, tally } = await stage({ transport: 'TCP', writesEach: false })
  const client = await connect()
  client.send({ expel: 2 })
  expect(await client.take(1)).toEqual([{ last: DISCONNECTS.disconnected.text }])
  expect([...tally.disconnects]).toEqual([['disconnected', 1]])
})
