/** A redis-server of the test's own, and a wire to it that can be cut. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { RedisClient } from 'redis'
import { afterAll, beforeAll, test } from 'vitest'
import { redisLocationOf } from '../../src/engine/redis/url.ts'
import { temporaryFolder } from './folder.ts'
import { reservePort } from './port.ts'

/** Made once: what `createClient` makes anew for each client, a method for every command there is, takes longer than all else. */
const clientOf = RedisClient.factory()

/** Undefined where there is no redis-server. */
export const redisVersion = versionOf()

function versionOf(): string | undefined {
  try {
    return /v=(\S+)/.exec(execFileSync('redis-server', ['--version'], { encoding: 'utf8' }))?.[1]
  } catch {
    return undefined
  }
}

/** Where there is a redis-server the tests; where there is none a test that says so, and fails in CI. */
export function withRedis(what: string, tests: () => void): void {
  if (redisVersion !== undefined) {
    tests()
    return
  }
  test(`${what} needs redis-server`, ({ skip }) => {
    if (process.env.CI) throw new Error('redis-server is not installed')
    skip('redis-server is not installed')
  })
}

export class RedisServer {
  #port = 0
  readonly #folder = temporaryFolder()
  readonly #options: readonly string[]
  #child: ChildProcess | undefined

  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(options)
    await server.run()
    return server
  }

  /** One for all tests of a file, or of a group: it is there from before the first of them until behind the last. */
  static forAll(...options: readonly string[]): RedisServer {
    const server = new RedisServer(options)
    beforeAll(() => server.run())
    afterAll(() => server.stop())
    return server
  }

  private constructor(options: readonly string[]) {
    this.#options = options
  }

  get port(): number {
    return this.#port
  }

  /** Where it saves. */
  get folder(): string {
    return this.#folder
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it, again if need be; what it had is there if `--appendonly yes` was asked for. */
  async run(): Promise<void> {
    this.#port ||= await reservePort()
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    this.#child = spawn('redis-server', [...args, ...this.#options], { stdio: 'ignore' })
    for (;;) {
      try {
        if ((await this.command('PING')) === 'PONG') return
      } catch {
        await new Promise((next) => setTimeout(next, 20))
      }
    }
  }

  /** Makes it stand still, or go on. */
  pause(on: boolean): void {
    this.#child?.kill(on ? 'SIGSTOP' : 'SIGCONT')
  }

  async kill(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  async stop(): Promise<void> {
    await this.kill()
  }

  async command(...args: readonly string[]): Promise<unknown> {
    const options = { url: this.url, RESP: 2, socket: { reconnectStrategy: false } } as const
    const client = clientOf(options)
    client.on('error', () => {})
    await client.connect()
    try {
      return await client.sendCommand(args)
    } finally {
      client.destroy()
    }
  }
}

/** What stands between an engine and Redis. */
export class Wire {
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  /** On which channels are heard. */
  readonly #hearing = new Set<Socket>()
  readonly #awaited = new Map<string, () => void>()
  #refusing = false
  #held = false

  static async to(port: number): Promise<Wire> {
    const wire = new Wire(port)
    await once(wire.#server, 'listening')
    return wire
  }

  private constructor(port: number) {
    this.#server = createServer((near) => {
      if (this.#refusing) {
        near.destroy()
        return
      }
      const far = connect(port, '127.0.0.1')
      const pair = [near, far] as const
      this.#pairs.add(pair)
      near.on('data', (data) => this.#sees(far, data))
      for (const [from, to] of [pair, [far, near] as const]) {
        from.on('data', (data) => to.write(data))
        from.on('error', () => {})
        from.on('close', () => {
          to.destroy()
          this.#pairs.delete(pair)
        })
        if (this.#held) from.pause()
      }
    }).listen(0, '127.0.0.1')
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  get place() {
    return placeAt(this.port)
  }

  #sees(far: Socket, data: Buffer): void {
    if (data.includes('subscribe')) this.#hearing.add(far)
    for (const [text, resolve] of this.#awaited) {
      if (!data.includes(text)) continue
      this.#awaited.delete(text)
      resolve()
    }
  }

  /** Resolves when the engine has sent this. */
  passes(text: string): Promise<void> {
    return new Promise((resolve) => this.#awaited.set(text, resolve))
  }

  /** Breaks every connection. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
  }

  /** Breaks every connection, and Redis does not notice. */
  strand(): void {
    for (const [near] of this.#pairs) near.removeAllListeners('close').destroy()
  }

  /** Breaks every connection, and lets none through. */
  close(): void {
    this.#refusing = true
    this.cut()
  }

  open(): void {
    this.#refusing = false
  }

  /** Nothing gets through, in either direction, and nobody is told. */
  hold(): void {
    this.#held = true
    for (const pair of this.#pairs) for (const socket of pair) socket.pause()
  }

  /** The same where channels are heard, of the connections that there are. */
  holdChannels(): void {
    for (const far of this.#hearing) far.pause()
  }

  go(): void {
    this.#held = false
    for (const pair of this.#pairs) for (const socket of pair) socket.resume()
  }

  stop(): void {
    this.close()
    this.#server.close()
  }
}

export function placeAt(port: number) {
  const place = redisLocationOf(`redis://127.0.0.1:${port}`)
  if (!place) throw new Error('no such place')
  return place
}
