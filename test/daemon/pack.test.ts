import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import split2 from 'split2'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { DONE } from '../cli/stage.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { linkFolder } from '../support/linked.ts'
import { olderNode, refusalOf, runWith } from '../support/older-node.ts'
import { LINE_ONLY } from '../support/process.ts'

const root = resolve(import.meta.dirname, '../..')

/** Puts what the lock file has for production where npm would unpack it: npm checks it then, and asks nobody for it. */
function bringDependencies(path: string): void {
  const { packages }: { packages: Record<string, { dev?: boolean; bin?: Record<string, string> }> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  )
  mkdirSync(join(path, 'node_modules/.bin'), { recursive: true })
  for (const [place, { dev, bin = {} }] of Object.entries(packages)) {
    // The package itself, what is copied with the one it lies in, and what is for another platform.
    if (dev || place.split('node_modules/').length !== 2 || !existsSync(join(root, place))) continue
    linkFolder(join(root, place), join(path, place))
    for (const [name, file] of Object.entries(bin)) {
      symlinkSync(join('..', place.replace('node_modules/', ''), file), join(path, 'node_modules/.bin', name))
    }
  }
}

let path = ''

beforeAll(() => {
  path = temporaryFolder()
  execFileSync('npm', ['pack', '--silent', '--pack-destination', path], { cwd: root })
  const [tarball = ''] = readdirSync(path)
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }')
  bringDependencies(path)
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', ['install', ...quiet, join(path, tarball)], { cwd: path })
}, 300_000)

test('the packed package, installed elsewhere, has a working roomd', { timeout: 300_000 }, async () => {
  // The command's first line asks for `node`: the one that runs this.
  const env = { ...LINE_ONLY, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  const child = spawn(join(path, 'node_modules/.bin/roomd'), ['--line', '0', '--http', '0', '--data', ':memory:'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const messages: string[] = []
  let page = ''
  let script = ''
  let size = Number.NaN
  let http = Number.NaN
  for await (const { msg, protocol, port } of child.stdout.pipe(split2(JSON.parse))) {
    messages.push(msg)
    if (protocol === 'http') http = port
    if (msg !== 'ready') continue
    page = await (await fetch(`http://127.0.0.1:${http}/`)).text()
    const answer = await fetch(`http://127.0.0.1:${http}/page/main.js`, { headers: { 'Accept-Encoding': 'br' } })
    size = Number(answer.headers.get('content-length'))
    script = await answer.text()
    child.kill('SIGTERM')
  }
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(0)
  expect(messages).toEqual(['listening', 'listening', 'ready', 'stopping', 'stopped'])
  expect(page).toContain('<title>roomd</title>')
  // Modules of the page, of its folders, and of the client library in one.
  for (const module of ['$main', '$conversation', '$client']) expect(script).toContain(`const ${module} = `)
  expect(script).not.toMatch(/^(import|export)\b/m)
  // The package has it compressed.
  expect(size).toBeLessThan(52_000)
  if (olderNode) {
    const refusal = refusalOf(olderNode, 'roomd send, tail and chat (--help) need 20')
    expect(runWith(olderNode, join(path, 'node_modules/.bin/roomd'))).toEqual(refusal)
  }
  // What the Redis engine reads beside its code.
  const packed = join(path, 'node_modules/roomd/dist')
  const lua = globSync('src/engine/redis/scripts/*.lua', { cwd: root })
  expect(lua.length).toBeGreaterThan(0)
  for (const script of lua) expect(existsSync(join(packed, script)), script).toBe(true)
})

/** A program that uses the library; it prints a line for each way to a daemon. */
const CONSUMER = `
import { type ClientState, connect, DisconnectedError, RefusedError, type RoomEvent } from 'roomd'
import { startRoomd, type TestRoomd } from 'roomd/testing'

declare const process: { readonly argv: readonly string[] }

const roomd: TestRoomd = await startRoomd({ options: { 'line-tls': 0 }, node: process.argv[2] ?? '' })
const states: ClientState['state'][] = []
for (const url of [roomd.url, roomd.tls ?? '', roomd.http]) {
  const client = await connect(url, {
    nickname: 'ann',
    onState: ({ state }) => states.push(state),
    ...(url === roomd.tls && { tls: { rejectUnauthorized: false } }),
  })
  const room = await client.join('ops')
  const id: string = await room.say('hello')
  const events: RoomEvent[] = []
  for await (const event of room) {
    events.push(event)
    if (event.type === 'message' && event.id === id) break
  }
  const refused: unknown = await client.join('!').catch((error: unknown) => error)
  client.close()
  const after: unknown = await room.say('gone').catch((error: unknown) => error)
  const code = refused instanceof RefusedError && refused.code
  console.log([url.split(':')[0], events.at(-1)?.body, code, after instanceof DisconnectedError].join(' '))
}
await roomd.stop()
console.log([...new Set(states)].join())
`

test('the packed package is a library with types, also for an older Node', { timeout: 300_000 }, () => {
  writeFileSync(join(path, 'consumer.ts'), CONSUMER)
  const options = ['--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--module', 'nodenext']
  // The declarations of others, and of the schema library, take seconds.
  const types = ['--types', '', '--skipLibCheck']
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['consumer.ts', ...options, ...types], { cwd: path })
  const nodes = [process.execPath, ...(olderNode ? [olderNode.path] : [])]
  for (const node of nodes) {
    const printed = execFileSync(node, ['consumer.js', process.execPath], { cwd: path, encoding: 'utf8' })
    expect(printed.split('\n'), node).toEqual([
      'tcp hello room-name-invalid true',
      'tls hello room-name-invalid true',
      'http hello room-name-invalid true',
      'connecting,online,closed',
      '',
    ])
  }
})

test.runIf(olderNode && Number.parseInt(olderNode.version.slice(1), 10) >= 20)(
  "the client's commands of the packed package run with an older Node",
  async () => {
    const daemon = await startTestDaemon()
    onTestFinished(() => daemon.stop())
    const cache = temporaryFolder()
    const env = { ...process.env, ROOMD_SERVER: `127.0.0.1:${daemon.line}`, XDG_CACHE_HOME: cache }
    const run = async (args: readonly string[], input = '') => {
      const child = spawn(olderNode?.path ?? '', [join(path, 'node_modules/.bin/roomd'), ...args], { env })
      child.stdin.end(input)
      const [stdout, stderr, [status]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ])
      return { status, stdout, stderr }
    }
    expect(await run(['send', 'ops'], 'one\ntwo\n')).toEqual(DONE)
    const { status, stdout } = await run(['tail', 'ops', '--no-follow', '--text'])
    expect([status, stdout.match(/one|two/g)]).toEqual([0, ['one', 'two']])
    expect(await run(['chat', '--plain', '--as', 'ann', env.ROOMD_SERVER, 'ops'], '/quit\n')).toMatchObject({
      status: 0,
      stderr: '',
    })
  },
)
