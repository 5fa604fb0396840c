/** Somebody who talks in the lobby while the daemon is attacked (bystander-thread.ts). */
import { Worker } from 'node:worker_threads'
import type { Post, Report } from './bystander-thread.ts'

export interface Witness {
  /** Of the acknowledgements, sorted. */
  readonly latenciesMs: readonly number[]
  /** The longest acknowledgement without the time for which others had the machine. */
  readonly stallMs: number
  readonly acknowledged: number
}

export class Bystander {
  readonly #thread: Worker
  readonly #ready = Promise.withResolvers<void>()
  readonly #done = Promise.withResolvers<Witness>()

  private constructor(post: Post, fault: (text: string) => void) {
    this.#thread = new Worker(new URL('bystander-thread.ts', import.meta.url), { workerData: post })
    this.#thread.on('error', (error) => fault(`the bystander: ${error}`))
    this.#thread.on('message', (report: Report) => {
      switch (report.kind) {
        case 'ready':
          return this.#ready.resolve()
        case 'fault':
          return fault(report.text)
        case 'done': {
          const latenciesMs = report.latenciesMs.toSorted((a, b) => a - b)
          return this.#done.resolve({ ...report, latenciesMs })
        }
      }
    })
  }

  /** Resolves when the bystander talks. `fault` is called when something is not as it should be, with what. */
  static async at(post: Post, fault: (text: string) => void): Promise<Bystander> {
    const bystander = new Bystander(post, fault)
    await bystander.#ready.promise
    return bystander
  }

  /** Has the bystander read HISTORY, and gives what it has seen. */
  witness(): Promise<Witness> {
    this.#thread.postMessage('stop')
    return this.#done.promise
  }

  async end(): Promise<void> {
    await this.#thread.terminate()
  }
}
