/** Something of everything that an engine keeps, and what can be seen of it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { digestOf } from '../../src/chat/secrets.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { Gone } from '../../src/engine/errors.ts'
import type { Draft, LogName } from '../../src/engine/event.ts'
import { LocalEngine } from '../../src/engine/local/local.ts'
import { blockKey } from '../../src/engine/records.ts'
import { RedisEngine } from '../../src/engine/redis/redis.ts'
import { redisLocationOf } from '../../src/engine/redis/url.ts'
import { transfer } from '../../src/transfer/transfer.ts'
import { readAll } from '../engine/conformance.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { main, nodeEnvironment } from '../support/main.ts'
import { type Exit, RoomdProcess } from '../support/process.ts'
import { blocksWith, createAccount, keepBlock, names } from '../support/records.ts'

const OPTIONS = { lobby: 'lobby', memory: { events: 10, bytes: 10_000 } }
const QUIET = { trouble: () => {}, recovered: () => {}, died: () => {} }
const ENDLESS = { days: 0, events: 0 }

/** A started engine at a place as `--data` or `--redis` names it. */
export async function engineAt(where: string, keep = ENDLESS): Promise<Engine> {
  const place = redisLocationOf(where)
  const engine = place
    ? new RedisEngine({ ...OPTIONS, place, prefix: 'roomd', keep }, QUIET)
    : new LocalEngine({ ...OPTIONS, file: join(where, 'roomd.db'), sync: 'normal', keep }, QUIET)
  await engine.start()
  return engine
}

export const LOGS: readonly LogName[] = [
  'room:1',
  'room:2',
  'room:3',
  'room:4',
  'inbox:bob',
  'inbox:a}:log',
  'inbox:zoe',
]
const NOTES = ['secret', 'ticket:1', 'soon', '{odd} *', 'none']
const PEOPLE = ['Ann', 'Bob', 'Zoe', 'Ünï😀', 'nobody']
const DAY_MS = 86_400_000

export async function fill(engine: Engine): Promise<void> {
  const say = (log: LogName, room: number, draft: Partial<Draft> = {}) => {
    return engine.logs.append(log, { kind: 'message', room, from: 'Ann', body: 'hello', ...draft })
  }
  const ops = {
    title: 'Ops & Co — Ünï',
    slug: 'ops',
    visibility: 'public',
    description: 'all "of" it\n😀',
  } as const
  const { id } = await engine.rooms.create(ops)
  const hidden = { title: 'Hidden', slug: 'hidden', visibility: 'hidden', hash: 'scrypt:1:2' } as const
  await engine.rooms.create({ ...hidden, maker: { address: 'digest', name: 'Ünï😀' } })
  await engine.rooms.create({ title: 'Closed', slug: 'closed', visibility: 'public' })
  await engine.rooms.create({ title: 'Closed too', slug: 'closed2', visibility: 'public' })
  await engine.rooms.change(id, { ...ops, title: 'Operation', stem: 'op' })
  for (const from of ['Bob', 'Ünï😀', 'Ann']) {
    await engine.memberships.claim(id, from)
    await say('room:2', id, { kind: 'joined', from, body: '', color: 'red' })
  }
  await Promise.all(Array.from({ length: 2_300 }, (_, n) => say('room:2', id, { body: `line ${n} é\u2028"\\` })))
  await say('room:2', id, { sent: 1_700_000_000, color: '#abcdef', verified: true, body: '' })
  await say('room:3', 3)
  await say('room:4', 4, { body: 'is gone' })
  for (const n of [1, 2, 3]) await say('inbox:bob', id, { kind: 'private', to: 'Bob', body: `secret ${n}` })
  await say('inbox:a}:log', id, { kind: 'private', to: 'a}:log', details: { msgid: 'aZ-_09' } })
  for (const from of ['Bob', 'Ünï😀', 'Ann']) {
    await say('room:2', id, { kind: 'left', from, body: '' })
    await engine.memberships.release(id, from)
  }
  await engine.rooms.close(4)
  await engine.rooms.close(5)
  await createAccount(engine, 'ANN', 'scrypt:a')
  await createAccount(engine, 'Zoe', 'scrypt:z')
  await keepBlock(engine, 'ann', 'Zoe')
  await keepBlock(engine, 'zoe', 'Bob')
  await keepBlock(engine, 'ann', 'BOB')
  await keepBlock(engine, 'zoe', 'Ann')
  await engine.records.delete('block', blockKey('ann', 'Zoe'))
  const token = { account: 'ANN', accountId: '0', rights: ['read'], createdAt: 1_700_000_000_000 } as const
  for (const name of ['ci', 'é']) {
    const made = { ...token, digest: digestOf(name), name, rooms: ['ops'], rights: [...token.rights], until: 1 }
    await engine.records.put('token', made.digest, made)
  }
  const hook = {
    url: 'https://example.org/',
    kinds: ['message'],
    secret: 'é',
    by: 'ANN',
    account: 'id',
    createdAt: 1,
    position: 7,
  }
  await engine.records.put('hook', 'h', { ...hook, id: 'h', room: id, failing: { since: 1, error: 'HTTP 500' } })
  // Of the nodes, and not exported.
  await engine.records.put('duty', 'hooks', 'node', { expiresAt: Date.now() + DAY_MS })
  await engine.records.put('secret', 'secret', 'of tokens')
  await engine.records.put('secret', 'ticket:1', 'Ann', { expiresAt: Date.now() + DAY_MS })
  await engine.records.put('secret', '{odd} *', '', { expiresAt: Date.now() + DAY_MS })
  await engine.records.put('secret', 'soon', 'over', { expiresAt: Date.now() + 300 })
}

/** What can be seen of an engine through its interface. */
export async function portrait(engine: Engine): Promise<unknown> {
  const logs = []
  for (const log of LOGS) {
    const events = log === 'room:4' ? [] : await readAll(engine, log)
    const [first, last] = [events.at(0)?.id ?? 1, events.at(-1)?.id ?? 1]
    const after = []
    for (const id of [1, first - 2, first - 1, first, last, last + 1]) after.push(await missedAfter(engine, log, id))
    logs.push({ log, events, after })
  }
  const people = []
  for (const name of PEOPLE) {
    const [account, blocks] = [await engine.records.get('account', name), await blocksWith(engine, name)]
    people.push({ name, account, blocks, spelt: await engine.records.get('name', name) })
  }
  const notes = []
  for (const key of NOTES) notes.push(await engine.records.get('secret', key))
  const tokens = (await Array.fromAsync(engine.records.listBy('token', 'account', 'ann'))).flat()
  const hooks = (await Array.fromAsync(engine.records.listBy('hook', 'room', '2'))).flat()
  const rooms = await engine.rooms.list()
  return { rooms, names: await names(engine, 1_000), people, tokens, hooks, notes, logs }
}

async function missedAfter(engine: Engine, log: LogName, after: number): Promise<number | 'gone'> {
  try {
    return (await readAll(engine, log, { after })).length
  } catch (error) {
    if (error instanceof Gone) return 'gone'
    throw error
  }
}

export async function portraitAt(where: string): Promise<unknown> {
  const engine = await engineAt(where)
  try {
    return await portrait(engine)
  } finally {
    await engine.stop()
  }
}

/** A daemon in this process at a place as `--data` or `--redis` names it. */
export function startAt(where: string): Promise<TestDaemon> {
  return startTestDaemon({ ...(redisLocationOf(where) ? { redis: where } : { data: where }) })
}

const optionsOf = (where: string) => (/^\w+:\/\//.test(where) ? { redis: where } : { data: where })
const SILENT = { write: () => {} }

/** Exports without a process of its own; resolves with the file, its text and what was said. */
export async function exported(where: string, options: Record<string, string> = {}) {
  const file = join(temporaryFolder(), 'export')
  const said = await transfer('export', { ...optionsOf(where), output: file, ...options }, '0.0.0', SILENT)
  return { file, said, text: await readFile(file, 'utf8') }
}

/** Imports without a process of its own; resolves with what was said. */
export function imported(where: string, file: string, options: Record<string, string> = {}): Promise<string> {
  return transfer('import', { ...optionsOf(where), file, ...options }, '0.0.0', SILENT)
}

/** Exports one place into another; resolves with the text behind the header. */
export async function moved(from: string, to: string): Promise<string> {
  const { file, text } = await exported(from)
  await imported(to, file)
  return content(text)
}

/** An export without its header, which says when it was made. */
export const content = (text: string) => text.slice(text.indexOf('\n') + 1)

/** A daemon in a process of its own on a place as `--data` or `--redis` names it. */
export function roomd(where: string): RoomdProcess {
  const daemon = new RoomdProcess(['--line', '0', where.startsWith('redis:') ? '--redis' : '--data', where])
  onTestFinished(() => void daemon.child.kill('SIGKILL'))
  return daemon
}

export interface Run {
  readonly exit: Promise<Exit & { stdout: string }>
  readonly stdin: Writable
  kill(signal: NodeJS.Signals): void
}

/** `roomd export` or `roomd import` in a process of its own. */
export function run(...args: readonly string[]): Run {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...nodeEnvironment(), ROOMD_LINE: '0' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // It may end before it has read everything.
  child.stdin.on('error', () => {})
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk) => {
      said[stream] += chunk
    })
  }
  const exit = once(child, 'close').then(([status, signal]) => ({ status, signal, ...said }))
  return { exit, stdin: child.stdin, kill: (signal) => void child.kill(signal) }
}

/** Says lines to a daemon, hangs up, and resolves with all that it has answered. */
export async function talk(port: number, ...lines: readonly string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  socket.end(lines.map((line) => `${line}\n`).join(''))
  let answers = ''
  for await (const chunk of socket) answers += chunk
  return answers.trimEnd().split('\n')
}
