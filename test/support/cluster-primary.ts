/**
 * The primary process of a cluster of daemons, started by a test: `node cluster-primary.ts WORKERS OPTION…`. It sends `ready` when they
 * are, and answers each request of {@link Request}.
 */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { resolve } from 'node:path'

export type Request =
  /** Answered with the process id of the oldest worker, at once; then it does nothing else for so many ms. */
  | { readonly what: 'block'; readonly ms: number }
  /** Starts another worker. Answered when it is ready. */
  | { readonly what: 'start' }
  /** Stops the oldest worker. Answered with its exit status. */
  | { readonly what: 'stop' }
  /** Answered with how many sockets the process has open. */
  | { readonly what: 'sockets' }

const [count = '', ...options] = process.argv.slice(2)
cluster.setupPrimary({ exec: resolve(import.meta.dirname, '../../src/main.ts'), args: options, execArgv: [] })

async function start(): Promise<Worker> {
  const worker = cluster.fork()
  for (;;) if ((await once(worker, 'message'))[0] === 'ready') return worker
}

const workers = await Promise.all(Array.from({ length: Number(count) }, start))

function sockets(): number {
  const kinds = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return 'closed meanwhile'
    }
  })
  return kinds.filter((kind) => kind.startsWith('socket:')).length
}

process.on('message', async (request: Request) => {
  switch (request.what) {
    case 'block':
      return process.send?.(workers[0]?.process.pid, () => {
        for (const end = performance.now() + request.ms; performance.now() < end; );
      })
    case 'start':
      return process.send?.(workers.push(await start()))
    case 'stop': {
      const old = workers.shift()
      old?.process.kill('SIGTERM')
      return process.send?.(old && (await once(old, 'exit'))[0])
    }
    case 'sockets':
      return process.send?.(sockets())
  }
})
process.once('disconnect', () => process.exit())
process.send?.('ready')
