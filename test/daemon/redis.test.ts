import { connect, type Socket } from 'node:net'
import split2 from 'split2'
import { afterEach, expect, test } from 'vitest'
import { readLine } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'
import { placeAt, RedisServer, withRedis } from '../support/redis.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

function roomd(args: readonly string[], env?: NodeJS.ProcessEnv): RoomdProcess {
  const daemon = new RoomdProcess(args, env)
  cleanups.unshift(() => daemon.child.kill('SIGKILL'))
  return daemon
}

/** A client of the line protocol, and what it was told. */
class Client {
  readonly told: string[] = []
  closed = false
  readonly #socket: Socket

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    cleanups.unshift(() => this.#socket.destroy())
    this.#socket.on('close', () => {
      this.closed = true
    })
    this.#socket.on('error', () => {})
    this.#socket.pipe(split2(readLine)).on('data', (line) => this.told.push(JSON.stringify(line)))
  }

  say(text: string): void {
    this.#socket.write(`${text}\n`)
  }

  async hears(text: string | RegExp): Promise<void> {
    await eventually(() => expect(this.told.join('\n')).toMatch(text))
  }
}

test('a URL of Redis that makes no sense is refused without being shown', async () => {
  const daemon = roomd(['--line', '0', '--redis', 'redis://:secret@host/database'])
  const stderr = 'roomd: --redis is a URL such as redis://host:6379/0, or rediss:// for TLS\n'
  expect(await daemon.exit).toMatchObject({ status: 2, stderr })
  const other = roomd(['--line', '0', '--redis', 'redis://host', '--redis-prefix', '{a}'])
  expect(await other.exit).toMatchObject({ status: 2 })
})

test('a Redis that cannot be reached is named in one line', async () => {
  const daemon = roomd(['--line', '0'], { ROOMD_REDIS: placeAt(1).url })
  const stderr = 'roomd: cannot reach Redis at redis://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n'
  expect(await daemon.exit).toMatchObject({ status: 1, stderr })
})

withRedis('two daemons on one Redis', () => {
  const server = RedisServer.forAll()

  async function two(prefix: string) {
    const path = temporaryFolder()
    const args = ['--line', '0', '--redis', server.url, '--redis-prefix', prefix, '--data', path]
    const daemons = [roomd(args), roomd(args)] as const
    const [one, other] = await Promise.all(daemons.map((daemon) => daemon.ready()))
    if (one === undefined || other === undefined) throw new Error('there are two')
    return { daemons, ports: [one, other] as const }
  }

  test('hold one conversation', async () => {
    const { ports } = await two('talk')
    const [ann, bob] = ports.map((port) => new Client(port))
    if (!ann || !bob) throw new Error('there are two')
    ann.say('LOGIN ann\nJOIN ops')
    await ann.hears(/Joined room ops/)
    bob.say('LOGIN bob\nJOIN ops')
    await ann.hears(/bob/)
    bob.say('hello from the other side')
    await ann.hears(/hello from the other side/)
    ann.say('and back')
    await bob.hears(/and back/)
    const other = new Client(ports[1])
    other.say('LOGIN ANN\nJOIN ops')
    await other.hears(/in use|taken|already/i)
  })

  test('know when one of them is stopped, and the one that was knows it too', async () => {
    const { daemons, ports } = await two('stop')
    const [ann, bob] = ports.map((port) => new Client(port))
    if (!ann || !bob) throw new Error('there are two')
    ann.say('LOGIN ann\nJOIN ops')
    await ann.hears(/Joined room ops/)
    bob.say('LOGIN bob\nJOIN ops')
    await ann.hears(/bob/)
    const [stopped] = daemons
    stopped.child.kill('SIGSTOP')
    const gone = performance.now()
    await bob.hears(/userLeft/)
    expect(performance.now() - gone).toBeLessThan(10_000)
    stopped.child.kill('SIGCONT')
    ann.say('do I speak?')
    await ann.hears(/"reconnect":true/)
    await eventually(() => expect(ann.closed).toBe(true))
    bob.say('HISTORY')
    await bob.hears(/history/)
    expect(bob.told.join('\n')).not.toContain('do I speak?')
    expect(bob.told.filter((line) => line.startsWith('{"type":"userLeft","from":"ann"'))).toHaveLength(1)
    const again = new Client(ports[0])
    again.say('LOGIN ann\nJOIN ops')
    await again.hears(/Joined room ops/)
  })

  test('and one that is killed has left within ten seconds', async () => {
    const { daemons, ports } = await two('kill')
    const [ann, bob] = ports.map((port) => new Client(port))
    if (!ann || !bob) throw new Error('there are two')
    ann.say('LOGIN ann\nJOIN ops')
    await ann.hears(/Joined room ops/)
    bob.say('LOGIN bob\nJOIN ops')
    await ann.hears(/bob/)
    daemons[0].child.kill('SIGKILL')
    const gone = performance.now()
    await bob.hears(/userLeft/)
    expect(performance.now() - gone).toBeLessThan(10_000)
    const again = new Client(ports[1])
    again.say('LOGIN ann\nJOIN ops')
    await again.hears(/Joined room ops/)
  })
})
