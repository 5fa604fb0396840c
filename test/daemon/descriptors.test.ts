import { execFileSync } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Line, messagesIn, UNAVAILABLE } from '../clients/line.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'

const LIMIT = 64
const ENDED = 'connections are taken again'
const FAULT = 'cannot take connections; clients are refused until there are file descriptors again'

function roomd(): RoomdProcess {
  const args = ['--line', '0', '--http', '0', '--data', join(temporaryFolder(), 'data')]
  const daemon = new RoomdProcess(args, {}, ['prlimit', `--nofile=${LIMIT}`])
  onTestFinished(async () => {
    daemon.child.kill('SIGKILL')
    await daemon.exit
  })
  return daemon
}

/** Connects clients until one is refused; resolves with them and with what that one was told. */
async function exhaust(port: number): Promise<{ sockets: Socket[]; told: string }> {
  const sockets: Socket[] = []
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    let told = ''
    const closed = new Promise<true>((resolve) => socket.on('close', () => resolve(true)))
    socket.on('data', (data) => {
      told += data
    })
    socket.on('error', () => {})
    const in_ = new Promise<false>((resolve) =>
      socket.write('/ping\n', () => socket.once('data', () => resolve(false))),
    )
    await Promise.race([closed, in_])
    if (!told.includes('PONG')) {
      await closed
      return { sockets, told }
    }
    sockets.push(socket)
  }
}

test('out of file descriptors: clients are told, the operator is, commits work, and it recovers', async () => {
  const daemon = roomd()
  const port = await daemon.ready()
  // Making the page takes file descriptors for a moment.
  expect((await daemon.get('/')).status).toBe(200)
  const early = await Line.in('ops', 'early', port)
  const ann = await Line.in('ops', 'ann', port)
  const { sockets, told } = await exhaust(port)
  expect(sockets.length).toBeGreaterThan(3)
  expect(JSON.parse(told)).toMatchObject({ type: 'error', error: UNAVAILABLE, reconnect: true })
  expect(await daemon.logged(FAULT)).toMatchObject({ level: 50, reason: `out of file descriptors (limit ${LIMIT})` })
  expect(await daemon.get('/readyz')).toEqual({ status: 503, text: `out of file descriptors (limit ${LIMIT})\n` })
  expect((await daemon.get('/healthz')).status).toBe(200)
  const { text: metrics } = await daemon.get('/metrics')
  expect(metrics).toMatch(/^roomd_ready 0$/m)
  expect(metrics).toMatch(/^roomd_fault\{fault="descriptors"\} 1$/m)
  expect((await daemon.get('/')).status).toBe(503)

  // One descriptor is free again, whose number is low.
  early.destroy()
  // More than the write-ahead log holds before it is written to the database, and for longer than the daemon waits between two checks.
  const lines: string[] = []
  for (const from = performance.now(); lines.length < 500 || performance.now() - from < 2_000; ) {
    const line = `line ${lines.length} ${'x'.repeat(1_000)}`
    expect(await ann.say(line)).toBe('OK')
    lines.push(line)
  }
  expect(daemon.log.filter(({ level }) => Number(level) >= 50)).toHaveLength(1)

  expect(daemon.log.filter(({ msg }) => msg === ENDED)).toEqual([])
  for (const socket of sockets) socket.destroy()
  await daemon.logged(ENDED)
  expect(await daemon.get('/readyz')).toEqual({ status: 200, text: 'ready\n' })
  expect(await messagesIn('ops', port)).toEqual({ messages: lines, errors: [] })
  expect(daemon.log.filter(({ msg }) => msg === FAULT)).toHaveLength(1)
})

test('a limit that is lowered under the running daemon is noticed by itself', async () => {
  const daemon = roomd()
  const port = await daemon.ready()
  const ann = await Line.in('ops', 'ann', port)
  execFileSync('prlimit', ['--pid', String(daemon.child.pid), '--nofile=20:'])
  expect(await daemon.logged(FAULT)).toMatchObject({ reason: 'out of file descriptors (limit 20)' })
  expect(await ann.say('hello')).toBe('OK')
  execFileSync('prlimit', ['--pid', String(daemon.child.pid), `--nofile=${LIMIT}:`])
  await daemon.logged(ENDED)
  await eventually(async () => expect(await new Line(port).say('/ping')).toBe('PONG'))
})
