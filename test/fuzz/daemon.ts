/** The daemon that is attacked: one process with every listener, and what may be seen of it from outside. */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { RoomdProcess } from '../support/process.ts'
import { starvationOf } from '../support/starved.ts'

/** MB. Much less than what one fault would take. */
const HEAP_MB = 256
/** So few rooms, and so little of each in memory, that the heap shows what is not let go. */
const BOUNDS = ['--max-rooms', '300', '--memory-events', '50', '--chatterbox-history', '100']
const UNPACED = ['--guest-rate', '0']
/** Of the event loop, of the store, and of password checks. */
const THREADS = ['MainThread', 'WorkerThread', 'libuv-worker']
/** pino's. */
const ERROR_LEVEL = 50
/** How long after the last client everything of it is gone, in ms. */
const REST_MS = 30_000
/** Bytes that the heap may have grown by. */
const HEAP_GROWTH = 24 * 2 ** 20

/** What grows with clients and shrinks behind them. */
export interface Holdings {
  readonly descriptors: number
  readonly connections: number
  readonly sessions: number
  readonly queueBytes: number
  readonly heapBytes: number
}

export class FuzzedDaemon {
  readonly #process: RoomdProcess
  /** How long the daemon's threads have been ready to run and have not run, in ms. */
  readonly starvedMs: () => number

  private constructor(process: RoomdProcess) {
    this.#process = process
    this.starvedMs = starvationOf(this.pid, THREADS)
  }

  /** Without a pace it reads as fast as it can, and passwords cost little. */
  static async start(folder: string, isUnpaced: boolean): Promise<FuzzedDaemon> {
    const ports = [
      '--line',
      '0',
      '--line-tls',
      '0',
      '--chatterbox',
      '0',
      '--chatroom',
      '0',
      '--irc',
      '0',
      '--http',
      '0',
    ]
    const preloads = ['collect-garbage.ts', ...(isUnpaced ? ['cheap-passwords.ts'] : [])].map(
      (name) => `--import=${resolve(import.meta.dirname, name)}`,
    )
    const process = new RoomdProcess(
      ['--data', join(folder, 'data'), ...ports, ...BOUNDS, ...(isUnpaced ? UNPACED : [])],
      {
        ROOMD_CHATTERBOX: undefined,
        ROOMD_CHATROOM: undefined,
        ROOMD_IRC: undefined,
        ROOMD_HTTP: undefined,
        NODE_OPTIONS: `--max-old-space-size=${HEAP_MB} ${preloads.join(' ')}`,
      },
    )
    await process.ready()
    return new FuzzedDaemon(process)
  }

  get pid(): number {
    // It has been started.
    return this.#process.child.pid ?? 0
  }

  port(listener: string): Promise<number> {
    return this.#process.ready(listener)
  }

  /** Resolves with why, when the daemon ends. */
  get ended(): Promise<string> {
    return this.#process.exit.then(
      ({ status, signal, stderr }) => `the daemon has ended: ${status ?? signal}\n${stderr.slice(-4_000)}`,
    )
  }

  /** The first log line that tells of a fault. */
  get complaint(): string | undefined {
    const line = this.#process.log.find(({ level, msg }) => Number(level) >= ERROR_LEVEL || /\bbug\b/.test(String(msg)))
    return line && `the daemon has logged ${JSON.stringify(line)}`
  }

  async holdings(): Promise<Holdings> {
    this.#process.child.kill('SIGUSR2')
    const { text } = await this.#process.get('/metrics')
    const sum = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (.+)$`, 'gm'))].reduce(
        (all, [, value]) => all + Number(value),
        0,
      )
    return {
      descriptors: readdirSync(`/proc/${this.pid}/fd`).length,
      connections: sum('roomd_connections'),
      sessions: sum('roomd_sessions'),
      queueBytes: sum('roomd_queue_bytes'),
      heapBytes: sum('nodejs_heap_size_used_bytes'),
    }
  }

  /** Waits until the daemon holds no more than before. Throws when that takes too long. */
  async rested(before: Holdings): Promise<Holdings> {
    let calm = 0
    for (const end = performance.now() + REST_MS; ; ) {
      const now = await this.holdings()
      const more = Object.entries(now).filter(([name, value]) => {
        const growth = name === 'heapBytes' ? HEAP_GROWTH : 0
        return value > before[name as keyof Holdings] + growth
      })
      // Twice: what has just gone was not garbage yet.
      calm = more.length === 0 ? calm + 1 : 0
      if (calm === 2) return now
      if (performance.now() > end) {
        const was = more.map(([name, value]) => `${name} ${value}, before ${before[name as keyof Holdings]}`)
        throw new Error(`${REST_MS} ms after the last client: ${was.join('; ')}`)
      }
      await delay(500)
    }
  }

  async stop(): Promise<void> {
    this.#process.child.kill('SIGTERM')
    await this.#process.exit
  }
}
