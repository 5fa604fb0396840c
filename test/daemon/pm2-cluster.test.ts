/** Several processes on the same ports, under pm2 and on one Redis. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Line } from '../clients/line.ts'
import { Company } from '../cluster/company.ts'
import { ERROR, type Host } from '../cluster/nodes.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Pm2, quickEcosystem } from '../support/pm2.ts'
import { reservePort } from '../support/port.ts'
import { RedisServer, withRedis } from '../support/redis.ts'

const INSTANCES = 2
/** How long whoever comes may wait for an answer, in ms. */
const PATIENCE_MS = 10_000

withRedis('pm2 in cluster mode', () => {
  const home = temporaryFolder()
  let redis: RedisServer
  let pm2: Pm2
  const ports = { line: 0, tls: 0, http: 0 }

  beforeAll(async () => {
    redis = await RedisServer.start()
    for (const name of ['line', 'tls', 'http'] as const) ports[name] = await reservePort()
    pm2 = new Pm2(home, {
      WEB_CONCURRENCY: String(INSTANCES),
      ROOMD_REDIS: redis.url,
      ROOMD_DATA: join(home, 'data'),
      ROOMD_LINE: String(ports.line),
      ROOMD_LINE_TLS: String(ports.tls),
      ROOMD_HTTP: String(ports.http),
      ROOMD_LOG_LEVEL: 'debug',
    })
    await pm2.run('start', quickEcosystem(home))
  })

  afterAll(async () => {
    await pm2?.run('kill')
    await redis?.stop()
  })

  function said(...files: readonly string[]): string {
    return files.map((file) => readFileSync(join(home, file), 'utf8')).join('')
  }

  function log(): Record<string, unknown>[] {
    const lines = said('roomd.log').split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line))
  }

  /** Which processes have done what a log line says. */
  function processesThat(logged: Record<string, unknown>): unknown[] {
    const told = log().filter((line) => Object.entries(logged).every(([name, value]) => line[name] === value))
    return [...new Set(told.map(({ pid }) => pid))].sort()
  }

  /** Whichever process takes a connection: pm2 hands them out in turn. */
  const host: Host = {
    get daemon() {
      return { line: ports.line }
    },
    get errors() {
      return log().filter(({ level }) => Number(level) >= ERROR)
    },
    running: true,
  }
  const hosts = Array.from({ length: INSTANCES }, () => host)

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
    const company = await Company.gather(hosts, 4)
    expect(processesThat({ msg: 'connected' })).toEqual(pids)
    await company.talk(2)
    await company.prove()
  })

  test('a reload refuses nobody, loses nothing and says nothing twice', async () => {
    const before = await pm2.apps()
    const company = await Company.gather(hosts, 3, 'reloaded')
    const { members } = company

    const faults: string[] = []
    let done = false
    let served = 0
    /** Comes, and is served or told to come back. */
    const knock = async (door: number) => {
      for (let n = 0; !done; n++) {
        let sentBack = false
        const line = new Line(ports.line, {
          told: ({ type }) => faults.push(`${type} is told to whoever is in no room`),
          noticed: ({ reconnect }) => {
            sentBack ||= reconnect === true
          },
          failed: ({ message }) => faults.push(message),
        })
        try {
          const reply = await line.ask(`LOGIN knock${door}x${n}`, PATIENCE_MS)
          if (reply.type === 'error') faults.push(reply.error)
        } catch (error) {
          if (!sentBack) faults.push(`a connection was closed without a word, or not answered in time: ${error}`)
        }
        line.destroy()
        served++
        await wait(2)
      }
    }
    const knocking = [knock(0), knock(1)]
    await company.talk(10)
    const stayed = members.map(({ notices }) => notices.length)
    expect(stayed).toEqual(members.map(() => 0))
    await pm2.run('reload', 'roomd')
    await company.complete()
    await company.talk(10)
    done = true
    await Promise.all(knocking)

    expect([...new Set(faults)], said('pm2.log', 'roomd-error.log')).toEqual([])
    expect(served).toBeGreaterThan(50)
    for (const { notices, refusals } of members) {
      expect(notices.length).toBeGreaterThan(0)
      for (const notice of notices) expect(notice).toMatchObject({ reconnect: true })
      // Whoever comes back at once has his name.
      expect(refusals).toEqual([])
    }
    await company.prove()
    const now = await pm2.apps()
    expect(now).toMatchObject(Array(INSTANCES).fill({ status: 'online' }))
    expect(said('roomd-error.log')).toBe('')
    for (const { pid } of now) expect(before.map((app) => app.pid)).not.toContain(pid)
    expect(processesThat({ msg: 'stopped' })).toEqual(expect.arrayContaining(before.map(({ pid }) => pid)))
  })
})
