import cluster from 'node:cluster'
import { leaveCluster } from './cluster-worker.ts'
import type { Log } from './log/log.ts'

/** Exit statuses: a requested stop, a failure, invalid options. */
export const STOPPED = 0
export const FAULT = 1
export const MISUSE = 2

/** Maximum time in which the last lines of the log are written before the process exits. */
const FLUSH_MS = 1_000
let log: Log | undefined

/** Has the last lines of a log written by {@link exit}. */
export function flushAtExit(of: Log): void {
  log = of
}

/** Writes the last lines of the log. */
export async function flushLog(): Promise<void> {
  await log?.flush(FLUSH_MS)
}

/** Exits after all output is written and, in a cluster, after the worker has left it. */
export async function exit(status: number): Promise<never> {
  await flushLog()
  if (cluster.isWorker) {
    const both = Promise.all([written(process.stdout), written(process.stderr)])
    await Promise.race([both, new Promise((resolve) => setTimeout(resolve, FLUSH_MS))])
  }
  await leaveCluster()
  process.exit(status)
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', 'utf8', () => resolve()))
}
