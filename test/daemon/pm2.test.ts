import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import split2 from 'split2'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readLine } from '../support/client.ts'
import { LINE_ONLY, temporaryFolder } from '../support/process.ts'

const root = resolve(import.meta.dirname, '../..')
const home = temporaryFolder()
const data = temporaryFolder()
let port = 0

async function pm2(...args: string[]): Promise<string> {
  const env = {
    ...LINE_ONLY,
    PATH: process.env.PATH,
    HOME: home.path,
    PM2_HOME: home.path,
    ROOMD_DATA: data.path,
    ROOMD_LINE: String(port),
  }
  const { stdout } = await promisify(execFile)(resolve(root, 'node_modules/.bin/pm2'), args, { cwd: root, env })
  return stdout
}

async function describeApp(): Promise<{ pid: number; status: string; restarts: number }> {
  const out = await pm2('jlist')
  const [app] = JSON.parse(out.slice(out.indexOf('[{')))
  return { pid: app.pid, status: app.pm2_env.status, restarts: app.pm2_env.restart_time }
}

/** pm2 hands its environment down, so the port must be known before it starts. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

/** What the server says; ends, or throws, when the connection does. */
function linesOf(socket: Socket) {
  return pipeline(socket, split2(readLine), () => {})
}

/** Sends lines one after the other, again on a new connection when one was not acknowledged. */
async function sendAll(lines: readonly string[], progress: (sent: number) => void): Promise<void> {
  let sent = 0
  while (sent < lines.length) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('LOGIN bot\nJOIN ops\n')
    let ready = false
    try {
      for await (const { type, result } of linesOf(socket)) {
        if (type === 'error') break
        if (result === 'OK') progress(++sent)
        if (result === 'Joined room ops') ready = true
        if (ready && type === 'commandResult') {
          if (sent === lines.length) break
          socket.write(`${lines[sent]}\n`)
        }
      }
    } catch {
      // The connection is gone: again.
    }
    socket.destroy()
    if (sent < lines.length) await wait(50)
  }
}

async function historyOf(room: string): Promise<string[]> {
  const reader = connect(port, '127.0.0.1')
  reader.end(`LOGIN late\nJOIN ${room}\nHISTORY\n`)
  const texts: string[] = []
  for await (const { type, body } of linesOf(reader)) {
    if (type === 'history' && body.type === 'message') texts.push(body.body)
  }
  return texts
}

beforeAll(async () => {
  port = await freePort()
  await pm2('start', 'ecosystem.config.cjs')
}, 60_000)

afterAll(async () => {
  await pm2('kill')
  home.remove()
  data.remove()
}, 30_000)

test('pm2 starts it and waits until it is ready', async () => {
  expect(await describeApp()).toMatchObject({ status: 'online', restarts: 0 })
  expect(await historyOf('empty')).toEqual([])
})

test('nothing acknowledged is lost over a reload', { timeout: 60_000 }, async () => {
  const lines = Array.from({ length: 1_500 }, (_, n) => `line ${n}`)
  let reload: Promise<string> | undefined
  await sendAll(lines, (sent) => {
    if (sent === 500) reload = pm2('reload', 'roomd')
  })
  await reload
  const kept = await historyOf('ops')
  // A line whose acknowledgement was cut off may stand there twice; none may be missing, none out of order.
  expect(kept.filter((line, n) => line !== kept[n - 1])).toEqual(lines)
})

test('after a crash it is back by itself', { timeout: 60_000 }, async () => {
  const before = await describeApp()
  process.kill(before.pid, 'SIGKILL')
  await vi.waitFor(
    async () => {
      const now = await describeApp()
      expect(now.status).toBe('online')
      expect(now.pid).not.toBe(before.pid)
    },
    { timeout: 30_000, interval: 300 },
  )
  await vi.waitFor(async () => expect(await historyOf('ops')).toContain('line 1499'), {
    timeout: 20_000,
    interval: 300,
  })
})

test('pm2 stops it gracefully', { timeout: 30_000 }, async () => {
  const watcher = connect(port, '127.0.0.1')
  watcher.write('LOGIN ann\n')
  const lines = watcher.pipe(split2(readLine))[Symbol.asyncIterator]()
  await lines.next()
  const stopped = pm2('stop', 'roomd')
  expect((await lines.next()).value).toMatchObject({ type: 'notice', reconnect: true })
  await stopped
  expect((await describeApp()).status).toBe('stopped')
})
