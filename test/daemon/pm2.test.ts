import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import split2 from 'split2'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ServerLine } from '../../commands/schema.ts'
import { type Certificate, makeCertificate } from '../support/certificate.ts'
import { readLine } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type App, ECOSYSTEM, Pm2 } from '../support/pm2.ts'
import { reservePort } from '../support/port.ts'

const home = temporaryFolder()
const data = temporaryFolder()
const [certFile, keyFile] = [join(home, 'cert.pem'), join(home, 'key.pem')]
let port = 0
let tlsPort = 0
/** The certificate that the daemon shows. */
let shown: Certificate

/** Set as soon as the ports are known: it hands them down. */
let pm2: Pm2

async function describeApp(): Promise<App> {
  const [app] = await pm2.apps()
  if (!app) throw new Error('pm2 runs nothing')
  return app
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

/** Puts a new certificate where the daemon's is. */
function renew(): Certificate {
  const certificate = makeCertificate()
  copyFileSync(certificate.certFile, certFile)
  copyFileSync(certificate.keyFile, keyFile)
  return certificate
}

/** Somebody in a room over TLS, who trusts this certificate and no other. Rejects when it is not the one that is shown. */
async function enterOverTls(name: string, room: string, { cert }: Certificate) {
  const socket = connectTls({ host: '127.0.0.1', port: tlsPort, ca: cert, servername: 'localhost' })
  onTestFinished(() => {
    socket.destroy()
  })
  await once(socket, 'secureConnect')
  const lines = linesOf(socket)[Symbol.asyncIterator]()
  const say = (line: string) => socket.write(`${line}\n`)
  /** The next line of a type; those before it are let go by. */
  const next = async (type: ServerLine['type']) => {
    for (;;) {
      const { done, value } = await lines.next()
      if (done) throw new Error(`the connection ended before a ${type}`)
      if (value.type === type) return value
    }
  }
  say(`LOGIN ${name}`)
  say(`JOIN ${room}`)
  await next('userJoined')
  return { say, next, closed: once(socket, 'close') }
}

/** The same for a client that was told to come back by a process that stops; it tries until it is in. */
async function comeBack(name: string, room: string, certificate: Certificate, stopping: number) {
  for (;;) {
    const stops = isRunning(stopping)
    try {
      return await enterOverTls(name, room, certificate)
    } catch (error) {
      // Nobody listens yet. Anything else, another certificate above all, is a fault, unless the old process has answered.
      if (!stops) expect(error).toMatchObject({ code: 'ECONNREFUSED' })
      await wait(50)
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
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
  port = await reservePort()
  tlsPort = await reservePort()
  shown = renew()
  pm2 = new Pm2(home, {
    ROOMD_DATA: data,
    ROOMD_LINE: String(port),
    ROOMD_LINE_TLS: String(tlsPort),
    ROOMD_TLS_CERT: certFile,
    ROOMD_TLS_KEY: keyFile,
  })
  // Its log goes where pm2 is started from.
  await pm2.run('start', ECOSYSTEM)
})

afterAll(async () => {
  await pm2.run('kill')
})

test('pm2 starts it and waits until it is ready', async () => {
  expect(await describeApp()).toMatchObject({ status: 'online', restarts: 0 })
  expect(await historyOf('empty')).toEqual([])
  expect(pm2.state()).toEqual({ status: 0, stdout: `roomd runs; its log is ${join(home, 'roomd.log')}\n`, stderr: '' })
})

test('nothing acknowledged is lost over a reload', async () => {
  const lines = Array.from({ length: 1_500 }, (_, n) => `line ${n}`)
  let reload: Promise<string> | undefined
  await sendAll(lines, (sent) => {
    if (sent === 500) reload = pm2.run('reload', 'roomd')
  })
  await reload
  const kept = await historyOf('ops')
  // A line whose acknowledgement was cut off may stand there twice; none may be missing, none out of order.
  expect(kept.filter((line, n) => line !== kept[n - 1])).toEqual(lines)
})

test('SIGHUP through pm2 brings a renewed certificate, and a session goes on', async () => {
  const { pid } = await describeApp()
  const old = shown
  const ann = await enterOverTls('ann', 'tls', old)
  shown = renew()
  await pm2.run('sendSignal', 'SIGHUP', 'roomd')
  // The signal is on its way, no more than that.
  const bob = await eventually(() => enterOverTls('bob', 'tls', shown), 100)
  await expect(enterOverTls('eve', 'tls', old)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })

  bob.say('are you there')
  expect(await ann.next('message')).toMatchObject({ from: 'bob', body: 'are you there' })
  ann.say('I am')
  expect(await ann.next('message')).toMatchObject({ from: 'ann' })
  expect(await bob.next('message')).toMatchObject({ from: 'bob' })
  expect(await bob.next('message')).toMatchObject({ from: 'ann', body: 'I am' })
  expect((await describeApp()).pid).toBe(pid)
})

test('a reload brings it too, to whoever comes back when told to', async () => {
  const { pid } = await describeApp()
  const ann = await enterOverTls('ann', 'reloaded', shown)
  ann.say('before')
  const { id } = await ann.next('message')
  shown = renew()
  const reloaded = pm2.run('reload', 'roomd')
  expect(await ann.next('notice')).toMatchObject({ reconnect: true })
  await ann.closed
  const again = await comeBack('ann', 'reloaded', shown, pid)
  await reloaded
  expect((await describeApp()).pid).not.toBe(pid)

  // What has happened since, and nothing else: no message was lost, none was doubled.
  again.say(`HISTORY after=${id}`)
  expect(await again.next('history')).toMatchObject({ body: { type: 'userLeft', from: 'ann' } })
  expect(await again.next('history')).toMatchObject({ body: { type: 'userJoined', from: 'ann' } })
  expect(await historyOf('reloaded')).toEqual(['before'])
})

test('after a crash it is back by itself', async () => {
  const before = await describeApp()
  process.kill(before.pid, 'SIGKILL')
  await eventually(async () => {
    const now = await describeApp()
    expect(now.status).toBe('online')
    expect(now.pid).not.toBe(before.pid)
  }, 300)
  await eventually(async () => expect(await historyOf('ops')).toContain('line 1499'), 300)
})

test('pm2 stops it gracefully', async () => {
  const watcher = connect(port, '127.0.0.1')
  watcher.write('LOGIN ann\n')
  const lines = watcher.pipe(split2(readLine))[Symbol.asyncIterator]()
  await lines.next()
  const stopped = pm2.run('stop', 'roomd')
  expect((await lines.next()).value).toMatchObject({ type: 'notice', reconnect: true })
  await stopped
  expect((await describeApp()).status).toBe('stopped')
})
