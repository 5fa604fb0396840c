/** Several processes on the same ports, under pm2 and on one Redis. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import split2 from 'split2'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { ServerLine } from '../../commands/schema.ts'
import { readLine } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { ECOSYSTEM, Pm2 } from '../support/pm2.ts'
import { freePort, RedisServer, withRedis } from '../support/redis.ts'

const INSTANCES = 2

const sockets = new Set<Socket>()
/** What has gone wrong with any connection. */
const faults: string[] = []
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  expect(faults.splice(0)).toEqual([])
})

/** A client of the line protocol, and what it was told. */
class Client {
  readonly told: ServerLine[] = []
  readonly closed: Promise<unknown>
  heard: (line: ServerLine) => void = () => {}
  readonly #socket: Socket

  constructor(port: number, ...lines: readonly string[]) {
    const socket = connect(port, '127.0.0.1')
    this.#socket = socket
    sockets.add(socket)
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', (error) => faults.push(error.message))
    socket.on('close', () => sockets.delete(socket))
    socket.pipe(split2(readLine)).on('data', (line: ServerLine) => {
      this.told.push(line)
      this.heard(line)
    })
    this.say(...lines)
  }

  say(...lines: readonly string[]): void {
    this.#socket.write(lines.map((line) => `${line}\n`).join(''))
  }

  leave(): void {
    this.#socket.destroy()
  }

  get bodies(): string[] {
    return this.told.flatMap((line) => (line.type === 'message' ? [line.body] : []))
  }

  get results(): string[] {
    return this.told.flatMap((line) => resultOf(line) ?? [])
  }

  async hears(result: string): Promise<void> {
    await vi.waitFor(() => expect(this.results).toContain(result), { timeout: 10_000, interval: 10 })
  }
}

function resultOf(line: ServerLine): string | undefined {
  if (line.type === 'error') return line.error
  return line.type === 'commandResult' ? String(line.result) : undefined
}

withRedis('pm2 in cluster mode', () => {
  const home = temporaryFolder()
  let redis: RedisServer
  let pm2: Pm2
  const ports = { line: 0, tls: 0, http: 0 }

  beforeAll(async () => {
    redis = await RedisServer.start()
    for (const name of ['line', 'tls', 'http'] as const) ports[name] = await freePort()
    pm2 = new Pm2(home, {
      WEB_CONCURRENCY: String(INSTANCES),
      ROOMD_REDIS: redis.url,
      ROOMD_DATA: join(home, 'data'),
      ROOMD_LINE: String(ports.line),
      ROOMD_LINE_TLS: String(ports.tls),
      ROOMD_HTTP: String(ports.http),
      ROOMD_LOG_LEVEL: 'debug',
    })
    await pm2.run('start', ECOSYSTEM)
  }, 60_000)

  afterAll(async () => {
    await pm2?.run('kill')
    await redis?.stop()
  }, 60_000)

  function log(): Record<string, unknown>[] {
    const lines = readFileSync(join(home, 'roomd.log'), 'utf8').split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line))
  }

  /** Which processes have done what a log line says. */
  function processesThat(logged: Record<string, unknown>): unknown[] {
    const told = log().filter((line) => Object.entries(logged).every(([name, value]) => line[name] === value))
    return [...new Set(told.map(({ pid }) => pid))].sort()
  }

  async function historyOf(room: string): Promise<string[]> {
    const reader = new Client(ports.line, 'LOGIN late', `JOIN ${room}`, 'HISTORY', '/quit')
    await reader.closed
    return reader.told.flatMap((line) =>
      line.type === 'history' && line.body.type === 'message' ? [line.body.body] : [],
    )
  }

  test('every process listens on the same ports, shows the same certificate and logs whole lines', async () => {
    const apps = await pm2.apps()
    expect(apps).toMatchObject(Array(INSTANCES).fill({ status: 'online', mode: 'cluster_mode', restarts: 0 }))
    const pids = apps.map(({ pid }) => pid).sort()
    for (const port of [ports.line, ports.tls, ports.http]) {
      expect(processesThat({ msg: 'listening', port })).toEqual(pids)
    }
    expect(processesThat({ msg: 'ready' })).toEqual(pids)
    expect(processesThat({ msg: 'certificate made' })).toHaveLength(1)
    expect(new Set(log().flatMap(({ sha256 }) => sha256 ?? [])).size).toBe(1)
    const ca = readFileSync(join(home, 'data/cert.pem'))
    for (let n = 0; n < 2 * INSTANCES; n++) {
      const socket = connectTls({ host: '127.0.0.1', port: ports.tls, ca, servername: 'localhost' })
      await once(socket, 'secureConnect')
      socket.destroy()
      // A connection of its own each.
      const headers = { connection: 'close' }
      expect((await fetch(`http://127.0.0.1:${ports.http}/readyz`, { headers })).status).toBe(200)
    }
  })

  test('a room goes across them', async () => {
    const pids = (await pm2.apps()).map(({ pid }) => pid).sort()
    const members = Array.from({ length: 4 * INSTANCES }, (_, n) => {
      return new Client(ports.line, `LOGIN member${n}`, 'JOIN ops')
    })
    for (const member of members) await member.hears('Joined room ops')
    expect(processesThat({ msg: 'connected' })).toEqual(pids)
    for (const [n, member] of members.entries()) member.say(`one of ${n}`, `two of ${n}`)
    const all = 2 * members.length
    await vi.waitFor(() => expect(members.map(({ bodies }) => bodies.length)).toEqual(members.map(() => all)))
    for (const { bodies } of members) expect(bodies).toEqual(members[0]?.bodies)
    expect(await historyOf('ops')).toEqual(members[0]?.bodies)
  })

  test('a reload refuses nobody, loses nothing and says nothing twice', { timeout: 90_000 }, async () => {
    const before = await pm2.apps()
    let done = false
    let notices = 0
    const lines: string[] = []

    /** Says a line when the one before is acknowledged; comes back, under the same name, as soon as it is told to. */
    const talk = async () => {
      while (!done) {
        const client = new Client(ports.line, 'LOGIN talker', 'JOIN reloaded')
        const next = () => client.say(`line ${lines.length}`)
        client.heard = (line) => {
          const result = resultOf(line)
          if (line.type === 'error') faults.push(line.error)
          if (line.type === 'notice') {
            notices++
            expect(line).toMatchObject({ reconnect: true })
          }
          if (result === 'OK') lines.push(`line ${lines.length}`)
          if (result !== 'OK' && result !== 'Joined room reloaded') return
          if (done) client.leave()
          else next()
        }
        await client.closed
      }
    }
    /** Comes, and is served or told to come back. */
    let served = 0
    const knock = async () => {
      for (let n = 0; !done; n++) {
        const client = new Client(ports.line, `LOGIN knock${n}`)
        const answered = new Promise<void>((resolve) => {
          client.heard = () => resolve()
        })
        const lost = client.closed.then(() => {
          if (client.told.length === 0) faults.push('a connection was closed without a word')
        })
        await Promise.race([answered, lost])
        served++
        client.leave()
        await wait(2)
      }
    }
    /** Reads along, and asks for what was said while it was away. */
    const heard = new Map<string, string>()
    const live = new Set<string>()
    const listen = async () => {
      // What is said before it comes in for the first time it reads as well.
      let last = '0'
      while (!done) {
        const client = new Client(ports.line, 'LOGIN listener', 'JOIN reloaded', `HISTORY after=${last}`)
        client.heard = (line) => {
          const event = line.type === 'history' ? line.body : line
          if (event.type === 'message') heard.set(event.id, event.body)
          if (line.type === 'message' && live.has(line.id)) faults.push(`${line.body} came twice`)
          if (line.type === 'message') live.add(line.id)
          if ('id' in event) last = event.id
          if (line.type === 'notice') notices++
          if (line.type === 'error') faults.push(String(line.error))
        }
        listener = client
        await client.closed
      }
    }
    let listener: Client | undefined

    const work = [talk(), listen(), knock(), knock()]
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(200), { timeout: 10_000 })
    await pm2.run('reload', 'roomd')
    const after = lines.length
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(after + 200), { timeout: 10_000 })
    done = true
    await wait(200)
    listener?.leave()
    await Promise.all(work)

    expect(faults).toEqual([])
    expect(served).toBeGreaterThan(50)
    expect(notices).toBeGreaterThanOrEqual(2)
    const kept = await historyOf('reloaded')
    expect(kept).toEqual(lines)
    // What it missed is read when something new has come already.
    const inOrder = [...heard].sort(([a], [b]) => Number(a) - Number(b)).map(([, body]) => body)
    expect(inOrder).toEqual(lines)
    const now = await pm2.apps()
    expect(now).toMatchObject(Array(INSTANCES).fill({ status: 'online' }))
    expect(readFileSync(join(home, 'roomd-error.log'), 'utf8')).toBe('')
    for (const { pid } of now) expect(before.map((app) => app.pid)).not.toContain(pid)
    expect(processesThat({ msg: 'stopped' })).toEqual(before.map(({ pid }) => pid).sort())
  })
})
