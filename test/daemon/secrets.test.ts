/** Secrets from files: in no list of processes, no environment and no line of the log. */
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createClient } from 'redis'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { reservePort } from '../support/port.ts'
import { RoomdProcess } from '../support/process.ts'
import { withRedis } from '../support/redis.ts'

const PASSWORD = 'zebra-umbrella-1234'
const GLOBES_SECRET = 'walrus-parachute-5678'

const running: RoomdProcess[] = []
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL')
})

function roomd(args: readonly string[], env?: NodeJS.ProcessEnv): RoomdProcess {
  const daemon = new RoomdProcess(['--data', ':memory:', ...args], env)
  running.push(daemon)
  return daemon
}

function fileWith(content: string): string {
  const file = join(temporaryFolder(), 'secret')
  writeFileSync(file, `${content}\n`, { mode: 0o600 })
  return file
}

/** What other users of the machine, and the user's own programs, see of a process. */
const shown = ({ child: { pid }, log }: RoomdProcess) =>
  [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].map((file) => readFileSync(file, 'utf8')).join() +
  JSON.stringify(log)

test('a file that cannot be read is one line that names it, status 2', async () => {
  const file = join(temporaryFolder(), 'none')
  for (const [args, env, variable] of [
    [['--redis-file', file], {}, ''],
    [[], { ROOMD_REDIS_FILE: file }, ' (ROOMD_REDIS_FILE)'],
  ] as const) {
    const stderr = `roomd: --redis-file ${file}: there is no such file${variable}\n`
    expect(await roomd(['--line', '0', ...args], env).exit).toMatchObject({ status: 2, stderr })
  }
})

test('a secret that is given as a flag is warned of, not shown', async () => {
  const flag = roomd(['--line', '0', '--globes-secret', GLOBES_SECRET])
  await flag.ready()
  expect(flag.log.filter(({ level }) => level === 40)).toMatchObject([
    { msg: expect.stringContaining('visible in the process list'), options: ['--globes-secret'] },
  ])
  expect(JSON.stringify(flag.log)).not.toContain(GLOBES_SECRET)
  const quiet = roomd(['--line', '0', '--globes-secret-file', fileWith(GLOBES_SECRET)])
  await quiet.ready()
  expect(quiet.log.filter(({ level }) => Number(level) >= 40)).toEqual([])
  expect(shown(quiet)).not.toContain(GLOBES_SECRET)
})

withRedis('a Redis with a password', () => {
  /** Redis as docs/scaling.md starts it, in a folder and at a port of its own. */
  async function documentedRedis() {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/scaling.md'), 'utf8')
    const [recipe] = /^\(umask 077 .*?redis-server data\/redis\.conf\)$/ms.exec(page) ?? []
    if (recipe === undefined) return expect.fail('docs/scaling.md starts no Redis')
    const port = await reservePort()
    const folder = temporaryFolder()
    const moved = recipe.replace(':6379"', `:${port}"`).replace("'bind 127.0.0.1'", `$& 'port ${port}'`)
    execFileSync('bash', ['-c', moved], { cwd: folder, stdio: 'ignore' })
    const urlFile = join(folder, 'data/redis.url')
    const url = readFileSync(urlFile, 'utf8').trim()
    const client = createClient({ url, socket: { reconnectStrategy: false } }).on('error', () => {})
    onTestFinished(async () => {
      await client.sendCommand(['SHUTDOWN', 'NOSAVE']).catch(() => {})
      client.destroy()
    })
    // It goes into the background before it listens.
    await eventually(() => client.connect(), 50)
    return { folder, port, urlFile, password: new URL(url).password, client }
  }

  test('that of docs/scaling.md is private, and is used through a file', async () => {
    const { folder, port, urlFile, password, client } = await documentedRedis()
    expect(password).toMatch(/^[0-9a-f]{48}$/)
    const daemon = roomd(['--line', '0'], { ROOMD_REDIS_FILE: urlFile })
    await daemon.ready()
    expect(shown(daemon)).not.toContain(password)
    expect(daemon.log.filter(({ level }) => Number(level) >= 40)).toEqual([])
    // What it keeps is written by now.
    expect(Number(await client.sendCommand(['DBSIZE']))).toBeGreaterThan(0)
    const files = execFileSync('find', ['data'], { cwd: folder, encoding: 'utf8' }).trim().split('\n')
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o077, file).toBe(0)
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(password)
    const stranger = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } })
    await expect(
      stranger
        .on('error', () => {})
        .connect()
        .then(() => stranger.sendCommand(['PING'])),
    ).rejects.toThrow('NOAUTH')
    stranger.destroy()
    daemon.child.kill('SIGTERM')
    expect(await daemon.exit).toMatchObject({ status: 0, stderr: '' })

    const output = join(folder, 'export')
    const exporting = new RoomdProcess(['export', '--redis-file', urlFile, '--output', output])
    running.push(exporting)
    const exported = await exporting.exit
    expect(exported).toMatchObject({ status: 0, stderr: expect.stringMatching(/^exported [^\n]*\n$/) })
    expect(exported.stderr).not.toContain(password)
    const url = readFileSync(urlFile, 'utf8').trim()
    const exposed = new RoomdProcess(['import', '--redis', url, output])
    running.push(exposed)
    const { status, stderr } = await exposed.exit
    expect(status).toBe(2)
    expect(stderr).toMatch(/^roomd: secrets given as flags are visible .*: --redis\nroomd: .* is not empty/)
    expect(stderr).not.toContain(password)
    const both = new RoomdProcess([
      'export',
      '--redis-file',
      urlFile,
      '--redis',
      'redis://localhost',
      '--output',
      output,
    ])
    running.push(both)
    expect((await both.exit).stderr).toBe('roomd: --redis and --redis-file exclude each other\n')
  })

  test('a flag with the password is warned of, not shown', async () => {
    const daemon = roomd(['--line', '0', '--redis', `redis://:${PASSWORD}@127.0.0.1:1`])
    const { status, stderr } = await daemon.exit
    expect(status).toBe(1)
    expect(daemon.log).toMatchObject([{ level: 40, options: ['--redis'] }])
    expect(JSON.stringify(daemon.log) + stderr).not.toContain(PASSWORD)
  })
})
