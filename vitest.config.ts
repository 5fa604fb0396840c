import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Tests start hundreds of daemons: what those compile is compiled once.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, 'node_modules/.cache/compiled')
// Else each of them parses the certificates of all authorities, which takes a fifteenth of its start.
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --use-openssl-ca`.trimStart()

/**
 * Files that begin first: one that collects garbage dozens of times, which costs a second each in a worker that has run many files, and
 * those that take longest, mostly by waiting, so that the end of a run waits for none of them.
 */
const FIRST = [
  'transport/memory-of-input',
  'engine/local',
  'protocols/chatroom/checklist',
  'cluster/nodes',
  'protocols/line/limits',
  'cluster/redis',
  'docs/examples',
  'engine/redis-away',
  'daemon/cluster-stop',
  'daemon/redis',
  'daemon/store-files',
  'daemon/pack',
  'transfer/interrupted',
  'page/talk',
  'page/away',
  'page/origins',
  'protocols/chatterbox/checklist',
  'protocols/return',
  'transfer/transfer',
  'daemon/process',
  'daemon/launch',
  'control/redis',
  'cluster/put-out',
  'transport/dead-peers',
  'cluster/chaos',
  'exactly-once/exactly-once',
  'client/joined-room',
  'deploy/container',
]

class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = FIRST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return found === -1 ? FIRST.length : found
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/setup.ts',
    // A worker loads the daemon once, and not for each of its files; what a file spies on or fakes is put back behind it.
    isolate: false,
    // Node strips the types itself, and compiles each module once for all workers and runs.
    experimental: { viteModuleRunner: false },
    // Starting and stopping hundreds of daemons makes much garbage: this saves a fifteenth of a worker's processor time.
    execArgv: ['--max-semi-space-size=32'],
    // Most of a test is waiting for sockets and processes.
    maxWorkers: 8,
    sequence: { sequencer: InOrder },
    // Only what hangs takes so long, on a machine that has much else to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
