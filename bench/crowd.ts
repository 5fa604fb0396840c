/** Members of a room in a process of its own, so that what listening and decrypting cost is nobody else's. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { DialectName } from './dialect.ts'
import { watch } from './server.ts'

/** Members that come the same way. */
export interface Seats {
  readonly dialect: DialectName
  readonly port: number
  /** The certificate to trust, PEM; plain TCP without. */
  readonly ca: string | undefined
  /** The number of the first of them. */
  readonly first: number
  readonly count: number
  /** What each of them comes with, in order; nothing for most dialects. */
  readonly passes: readonly string[]
}

export type Order = { readonly enter: readonly Seats[] } | { readonly hear: number }
export type Report = { readonly done: true } | { readonly floor: number } | { readonly failed: string }

export class Crowd {
  readonly pid: number
  readonly #child: ChildProcess
  #risen: (floor: number) => void = () => {}
  #done = Promise.withResolvers<void>()
  readonly #lost = Promise.withResolvers<never>()

  constructor() {
    this.#child = watch(fork(new URL('crowd-process.ts', import.meta.url)))
    this.pid = this.#child.pid ?? 0
    // Who does not wait for this crowd at the moment learns of it later.
    this.#lost.promise.catch(() => {})
    this.#child.on('message', (report: Report) => {
      if ('floor' in report) this.#risen(report.floor)
      else if ('failed' in report) this.#lost.reject(new Error(report.failed))
      else this.#done.resolve()
    })
    this.#child.once('exit', () => this.#lost.reject(new Error('a crowd is gone')))
  }

  /** Rejects when a member or the process is lost. */
  get lost(): Promise<never> {
    return this.#lost.promise
  }

  enter(seats: readonly Seats[]): Promise<void> {
    return this.#order({ enter: seats })
  }

  /** Resolves when all is quiet and everybody listens; `risen` then hears how many messages each of them has heard. */
  hear(messages: number, risen: (floor: number) => void): Promise<void> {
    this.#risen = risen
    return this.#order({ hear: messages })
  }

  async leave(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  #order(order: Order): Promise<void> {
    this.#done = Promise.withResolvers()
    this.#child.send(order)
    return Promise.race([this.#done.promise, this.lost])
  }
}
