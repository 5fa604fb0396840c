/** A daemon in a process of its own, whose event loop is measured. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import split2 from 'split2'
import { main, nodeEnvironment } from './main.ts'

const preload = resolve(import.meta.dirname, 'loop-cpu.ts')
/** How long what a request has set going may take to come to its end, in ms. */
const SETTLE_MS = 20
const ATTEMPTS = 3

export class MeasuredDaemon {
  readonly #child: ChildProcess
  readonly #ports = new Map<string, number>()

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(args: readonly string[]): Promise<MeasuredDaemon> {
    const child = spawn(process.execPath, ['--import', preload, main, ...args], {
      env: nodeEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    const daemon = new MeasuredDaemon(child)
    const ready = once(child, 'message')
    child.stdout?.pipe(split2(JSON.parse)).on('data', ({ msg, protocol, port }) => {
      if (msg === 'listening') daemon.#ports.set(protocol, port)
    })
    const ended = once(child, 'exit').then(() => {
      throw new Error('the daemon has ended')
    })
    await Promise.race([ready, ended])
    ended.catch(() => {})
    return daemon
  }

  port(protocol: string): number {
    return this.#ports.get(protocol) ?? Number.NaN
  }

  /**
   * The CPU time of the longest round of the event loop that some work causes, in ms. Work that takes longer than the budget is
   * done again, up to twice, and the least counts: code that runs for the first time is slow, and garbage is collected now and then.
   */
  async longest(work: () => Promise<unknown>, budgetMs: number): Promise<number> {
    let least = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < ATTEMPTS && least > budgetMs; attempt++) {
      await this.#ask()
      await work()
      await delay(SETTLE_MS)
      least = Math.min(least, await this.#ask())
    }
    return least
  }

  /** Has the daemon work for so many ms of CPU time. */
  async spin(ms: number): Promise<void> {
    await this.#ask(ms)
  }

  async #ask(spinMs = 0): Promise<number> {
    const answer = once(this.#child, 'message')
    this.#child.send(spinMs)
    return Number((await answer)[0])
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
