/** The log's stream fails: a full disk, a pipe that nobody reads, a reader that is gone. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Line } from '../clients/line.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { exchange, request } from '../support/http.ts'
import { reservePort } from '../support/port.ts'
import { RoomdProcess } from '../support/process.ts'

interface Started {
  readonly daemon: RoomdProcess
  readonly line: number
  readonly http: number
}

/** A daemon that logs to a file descriptor, which is closed here. */
async function roomd(stdout: number): Promise<Started> {
  const [line, http] = [await reservePort(), await reservePort()]
  const args = ['--line', String(line), '--http', String(http), '--data', ':memory:', '--log-level', 'debug']
  const daemon = new RoomdProcess(args, {}, [], stdout)
  closeSync(stdout)
  onTestFinished(async () => {
    daemon.child.kill('SIGKILL')
    await daemon.exit
  })
  await eventually(async () => expect((await exchange(http, request('GET /readyz'))).endsWith('ready\n')).toBe(true))
  return { daemon, line, http }
}

/** A named pipe, the end of it that is read, and that which is written to. */
function pipe(): { path: string; reader: number; writer: number } {
  const path = join(temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [path])
  return { path, ...openPipe(path) }
}

function openPipe(path: string): { reader: number; writer: number } {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { reader, writer: openSync(path, 'w') }
}

/** Makes the daemon log one and a half megabytes, a line for each request: more than may wait for the disk or the reader. */
async function makeLog({ http }: Started): Promise<void> {
  const some = request('GET /nowhere', 'Connection: keep-alive').repeat(99) + request('GET /nowhere')
  for (let n = 0; n < 130; n++) expect((await exchange(http, some)).match(/^HTTP\/1.1 404 /gm)).toHaveLength(100)
}

async function metric({ http }: Started, name: string): Promise<number> {
  const answer = await exchange(http, request('GET /metrics'))
  const line = answer.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length))
}

const faulty = (started: Started) => metric(started, 'roomd_fault{fault="log"}')

/** It still serves, and stops within the time that it may take, having said nothing but why. */
async function worksAndStops({ daemon, line, http }: Started, stderr: string): Promise<void> {
  const ann = await Line.in('ops', 'ann', line)
  expect(await ann.say('hello')).toBe('OK')
  expect(await exchange(http, request('GET /readyz'))).toMatch(/ready\n$/)
  ann.destroy()
  const stopped = performance.now()
  daemon.child.kill('SIGTERM')
  expect(await daemon.exit).toEqual({ status: 0, signal: null, stderr })
  expect(performance.now() - stopped).toBeLessThan(10_000)
}

/** The messages of a log, every line of which is whole. */
const messages = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('a disk that is full', async () => {
  const started = await roomd(openSync('/dev/full', 'w'))
  await makeLog(started)
  expect(await faulty(started)).toBe(1)
  expect(await metric(started, 'roomd_log_dropped_lines_total')).toBeGreaterThan(0)
  await worksAndStops(started, 'roomd: cannot write the log: the disk is full\n')
})

test('a disk that is full for a time: what fits is kept, and the log says how many lines were dropped', async () => {
  const path = join(temporaryFolder(), 'log')
  const started = await roomd(openSync(path, 'a'))
  const allow = (bytes: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', String(started.daemon.child.pid), `--fsize=${bytes}:`])
  allow(100_000)
  await makeLog(started)
  const dropped = await metric(started, 'roomd_log_dropped_lines_total')
  expect(dropped).toBeGreaterThan(0)
  allow('unlimited')
  const told = await eventually(() => {
    const line = messages(readFileSync(path, 'utf8')).find(({ msg }) => msg === 'log lines were dropped')
    return line ?? expect.fail('not yet')
  }, 50)
  expect(told).toMatchObject({ level: 40, dropped: expect.any(Number), reason: expect.any(String) })
  expect(Number(told.dropped)).toBeGreaterThanOrEqual(dropped)
  expect(await faulty(started)).toBe(0)
  started.daemon.child.kill('SIGTERM')
  await started.daemon.exit
  const all = messages(readFileSync(path, 'utf8'))
  expect(all.at(-1)).toMatchObject({ msg: 'stopped' })
  expect(all.filter(({ msg }) => msg === 'log lines were dropped')).toHaveLength(1)
})

test('a pipe that nobody reads', async () => {
  const { reader, writer } = pipe()
  onTestFinished(() => closeSync(reader))
  const started = await roomd(writer)
  await makeLog(started)
  await eventually(async () => expect(await faulty(started)).toBe(1))
  expect(await metric(started, 'roomd_log_dropped_lines_total')).toBeGreaterThan(0)
  await worksAndStops(started, 'roomd: cannot write the log: its reader is not reading\n')
})

test('a pipe whose reader is gone, and one that comes after it', async () => {
  const { path, reader, writer } = pipe()
  const started = await roomd(writer)
  closeSync(reader)
  await makeLog(started)
  expect(await faulty(started)).toBe(1)
  const again = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  onTestFinished(() => closeSync(again))
  let text = ''
  await eventually(() => {
    const bytes = Buffer.alloc(65_536)
    try {
      text += bytes.toString('utf8', 0, readSync(again, bytes))
    } catch {
      // Nothing more now.
    }
    expect(text).toContain('"msg":"log lines were dropped"')
  })
  await worksAndStops(started, 'roomd: cannot write the log: its reader has closed the pipe\n')
})

test('a process that dies of a fault has written its log before', async () => {
  const folder = temporaryFolder()
  const script = join(folder, 'dies.ts')
  const source = resolve(import.meta.dirname, '../../src/log/log.ts')
  writeFileSync(
    script,
    `import { openLog } from ${JSON.stringify(source)}
     const { log } = await openLog('info')
     for (let n = 0; n < 1_000; n++) log.info({ n }, 'a line')
     throw new Error('a fault')`,
  )
  for (const kind of ['a file', 'a pipe']) {
    const path = join(folder, 'log')
    const child = spawn(process.execPath, [script], {
      stdio: ['ignore', kind === 'a file' ? openSync(path, 'w') : 'pipe', 'ignore'],
    })
    let text = ''
    child.stdout?.on('data', (data) => {
      text += data
    })
    expect(await once(child, 'close')).toEqual([1, null])
    if (kind === 'a file') text = readFileSync(path, 'utf8')
    const numbers = messages(text).map(({ n }) => n)
    expect(
      numbers.toSorted((a, b) => Number(a) - Number(b)),
      kind,
    ).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
  }
})
