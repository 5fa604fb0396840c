/** The nodes of a cluster, for one test, on a real Redis. All are gone when the test is done. */
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { certificate } from '../support/certificate.ts'
import { type Overrides, startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type Exit, RoomdProcess } from '../support/process.ts'

/** As pino numbers it. */
export const ERROR = 50
const WARNING = 40

/** Where members can be. */
export interface Host {
  readonly daemon: Pick<TestDaemon, 'line'>
  /** What it has logged as errors. */
  readonly errors: readonly unknown[]
  readonly running: boolean
}

function isError({ level, msg }: Record<string, unknown>): boolean {
  return Number(level) >= ERROR && !String(msg).startsWith('cannot commit;')
}

/** A process of its own. */
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
    return [...this.#before, ...this.#process.log].filter(isError)
  }

  /** The texts of its warnings. */
  get warnings(): string[] {
    return this.#process.log.filter(({ level }) => level === WARNING).map(({ msg }) => String(msg))
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

/** Nodes, one for each URL of Redis, which is the same Redis. They are processes: who makes them sees to their end. */
export function makeNodes(urls: readonly string[], ...options: readonly string[]): readonly Node[] {
  const { certFile, keyFile } = certificate()
  const prefix = `cluster${++clusters}`
  const common = ['--line', '0', '--tls-cert', certFile, '--tls-key', keyFile, '--redis-prefix', prefix, ...options]
  return urls.map((url) => new Node([...common, '--data', temporaryFolder(), '--redis', url]))
}

/** Nodes that are ready and can be killed and stand still, for one test. */
export async function startNodes(urls: readonly string[], ...options: readonly string[]): Promise<readonly Node[]> {
  const nodes = makeNodes(urls, ...options)
  onTestFinished(() => {
    for (const node of nodes) node.signal('SIGKILL')
  })
  await Promise.all(nodes.map((node) => node.ready()))
  return nodes
}

/** The same in this process, for tests of what happens around nodes and not to them: most of a node's start is its process. */
export async function startNodesHere(urls: readonly string[], options: Overrides = {}) {
  const prefix = `cluster${++clusters}`
  return Promise.all(
    urls.map(async (redis) => {
      const log: Record<string, unknown>[] = []
      const logger = pino({ level: 'error' }, { write: (line) => void log.push(JSON.parse(line)) })
      const daemon = await startTestDaemon({ redis, 'redis-prefix': prefix, ...options }, logger)
      onTestFinished(() => daemon.stop())
      return {
        daemon,
        running: true,
        get errors() {
          return log.filter(isError)
        },
      } satisfies Host
    }),
  )
}
