/** The nodes of a cluster, for one test: real processes on a real Redis. All are gone when the test is done. */
import { onTestFinished } from 'vitest'
import { certificate } from '../support/certificate.ts'
import type { TestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type Exit, RoomdProcess } from '../support/process.ts'

/** As pino numbers it. */
export const ERROR = 50

/** Where members can be. */
export interface Host {
  readonly daemon: Pick<TestDaemon, 'line'>
  /** What it has logged as errors. */
  readonly errors: readonly unknown[]
  readonly running: boolean
}

export class Node implements Host {
  readonly #args: readonly string[]
  #process: RoomdProcess
  /** What its earlier processes have logged. */
  readonly #before: Record<string, unknown>[] = []

  constructor(args: readonly string[]) {
    this.#args = args
    this.#process = new RoomdProcess(args)
  }

  /** Resolves when it listens; rejects when it ends before that. */
  async ready(): Promise<void> {
    await this.#process.ready()
  }

  /** What it has logged as errors, except that it cannot commit while Redis is away. */
  get errors(): unknown[] {
    const lines = [...this.#before, ...this.#process.log]
    return lines.filter(({ level, msg }) => Number(level) >= ERROR && !String(msg).startsWith('cannot commit;'))
  }

  /** Where its listeners are; they are elsewhere when it has been started again. */
  get daemon(): TestDaemon {
    const { log } = this.#process
    const port = (protocol: string) => Number(log.find((line) => line.protocol === protocol)?.port)
    return { line: port('line'), lineTls: port('line-tls'), port, stop: async () => {} }
  }

  /** Whether it has not ended. */
  get running(): boolean {
    const { exitCode, signalCode } = this.#process.child
    return exitCode === null && signalCode === null
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.child.kill(signal)
  }

  /** Ends it as an operator does. */
  stop(): Promise<Exit> {
    this.signal('SIGTERM')
    return this.#process.exit
  }

  async startAgain(): Promise<void> {
    this.#before.push(...this.#process.log)
    this.#process = new RoomdProcess(this.#args)
    await this.ready()
  }
}

let clusters = 0

/** Nodes that are ready, one for each URL of Redis, which is the same Redis. */
export async function startNodes(urls: readonly string[], ...options: readonly string[]): Promise<readonly Node[]> {
  const { certFile, keyFile } = certificate()
  const prefix = `cluster${++clusters}`
  const common = ['--line', '0', '--tls-cert', certFile, '--tls-key', keyFile, '--redis-prefix', prefix, ...options]
  const nodes = urls.map((url) => new Node([...common, '--data', temporaryFolder(), '--redis', url]))
  onTestFinished(() => {
    for (const node of nodes) node.signal('SIGKILL')
  })
  await Promise.all(nodes.map((node) => node.ready()))
  return nodes
}
