/** The bots of docs/bots.md, in every language whose interpreter is there. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, type TestContext, test } from 'vitest'
import { bodiesOf, member } from '../cli/stage.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { main, nodeEnvironment } from '../support/main.ts'
import { reservePort } from '../support/port.ts'

const bots = resolve(import.meta.dirname, '../../docs/bots')
const library = resolve(import.meta.dirname, '../../src/client/node/index.ts')

let daemon: TestDaemon
let folder: string

beforeAll(async () => {
  daemon = await startTestDaemon({ http: 0 })
  folder = temporaryFolder()
  writeFileSync(join(folder, 'roomd'), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`, { mode: 0o755 })
})
afterAll(() => daemon.stop())

interface Language {
  /** Programs that are needed. */
  readonly needs: readonly string[]
  /** False for a language that the tests do without. */
  readonly isRequired: boolean
  command(bot: string): readonly string[]
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  sh: { needs: ['curl', 'jq'], isRequired: true, command: (bot) => ['sh', join(bots, `${bot}.sh`)] },
  py: { needs: ['python3'], isRequired: true, command: (bot) => ['python3', join(bots, `${bot}.py`)] },
  ts: {
    needs: [],
    isRequired: true,
    command(bot) {
      // In place of the installed package.
      const text = readFileSync(join(bots, `${bot}.ts`), 'utf8').replace("from 'roomd'", `from '${library}'`)
      const path = join(folder, `${bot}.ts`)
      writeFileSync(path, text)
      return [process.execPath, path]
    },
  },
  go: {
    needs: ['go'],
    isRequired: false,
    command(bot) {
      const path = join(folder, bot)
      execFileSync('go', ['build', '-o', path, join(bots, `${bot}.go`)], {
        env: { ...process.env, GO111MODULE: 'off' },
      })
      return [path]
    },
  },
}

function need({ skip }: TestContext, { needs, isRequired }: Language): void {
  const missing = needs.find((program) => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
  if (missing === undefined) return
  if (isRequired && process.env.CI === 'true') throw new Error(`${missing} is missing`)
  skip(`${missing} is missing`)
}

/** A bot that runs; it and what it has started end with the test. */
function run({ command }: Language, bot: string, args: readonly string[], { line, port }: TestDaemon = daemon) {
  const [program = '', ...more] = command(bot)
  const child = spawn(program, [...more, ...args], {
    detached: true,
    env: {
      ...nodeEnvironment(),
      PATH: `${folder}:${dirname(process.execPath)}:${process.env.PATH}`,
      ROOMD_SERVER: `127.0.0.1:${line}`,
      ROOMD_URL: `http://127.0.0.1:${port('http')}`,
    },
  })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (chunk) => (said[stream] += chunk))
  onTestFinished(() => end(child))
  return { child, said }
}

/** Ends a bot with all that it has started. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await ended
}

for (const [ending, language] of Object.entries(LANGUAGES)) {
  test(`ping.${ending} answers`, async (context) => {
    need(context, language)
    const room = `ping-${ending}`
    const ann = await member(daemon, 'LOGIN ann', `JOIN ${room}`)
    const { said } = run(language, 'ping', [room])
    await eventually(async () => {
      await ann.ask('ping')
      expect(await bodiesOf(daemon, room), said.stderr).toContain('ann: pong')
    }, 200)
  })

  test(`logs.${ending} says every line once, and ends with its input`, async (context) => {
    need(context, language)
    const room = `logs-${ending}`
    await member(daemon, 'LOGIN ann', `JOIN ${room}`)
    const { child, said } = run(language, 'logs', [room])
    child.stdin?.end('one\n\nLEAVE\n  two "quoted"\n')
    const [status] = await once(child, 'close')
    expect({ status, stderr: said.stderr }).toEqual({ status: 0, stderr: '' })
    expect(await bodiesOf(daemon, room)).toEqual(['one', 'LEAVE', '  two "quoted"'])
  })

  test(`alerts.${ending} misses no alert while it does not run, and prints each once`, async (context) => {
    need(context, language)
    const room = `alerts-${ending}`
    const state = join(folder, room)
    const ann = await member(daemon, 'LOGIN ann', `JOIN ${room}`, 'ALERT one', 'no alert')
    const first = run(language, 'alerts', [room, state])
    await eventually(() => expect(first.said.stdout, first.said.stderr).toBe('ann: ALERT one\n'))
    await ann.ask('ALERT two')
    await eventually(() => expect(first.said.stdout).toBe('ann: ALERT one\nann: ALERT two\n'))
    // The state is written behind the output.
    await eventually(() => expect(lastId(readFileSync(state, 'utf8'))).toBeGreaterThan(0))
    const known = lastId(readFileSync(state, 'utf8'))
    await ann.ask('third')
    await eventually(() => expect(lastId(readFileSync(state, 'utf8'))).toBeGreaterThan(known))
    await end(first.child)
    await ann.ask('ALERT three')
    const second = run(language, 'alerts', [room, state])
    await eventually(() => expect(second.said.stdout, second.said.stderr).toBe('ann: ALERT three\n'))
  })

  test(`alerts.${ending} goes on after the server has been started again`, async (context) => {
    need(context, language)
    const room = `again-${ending}`
    const state = join(folder, room)
    const options = { line: await reservePort(), http: await reservePort(), data: temporaryFolder() }
    const before = await startTestDaemon(options)
    let present = before
    onTestFinished(() => present.stop())
    const ann = await member(before, 'LOGIN ann', `JOIN ${room}`, 'ALERT one')
    const { child, said } = run(language, 'alerts', [room, state], before)
    await eventually(() => expect(said.stdout, said.stderr).toBe('ann: ALERT one\n'))
    ann.socket.destroy()
    await before.stop()
    present = await startTestDaemon(options)
    await member(present, 'LOGIN ann', `JOIN ${room}`, 'ALERT two')
    await eventually(() => expect(said.stdout, said.stderr).toBe('ann: ALERT one\nann: ALERT two\n'))
    expect(child.exitCode).toBeNull()
  })
}

const lastId = (state: string) => Number(/\d{10,}/.exec(state)?.[0])

test('every bot is short, and is tested', () => {
  const files = readdirSync(bots)
  const tested = Object.keys(LANGUAGES).flatMap((ending) => ['alerts', 'logs', 'ping'].map((bot) => `${bot}.${ending}`))
  expect(files.toSorted()).toEqual(tested.toSorted())
  for (const file of files)
    expect(readFileSync(join(bots, file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(26)
})
