import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

// Tests start hundreds of daemons: what those compile is compiled once.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, 'node_modules/.cache/compiled')

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/setup.ts',
    // A worker loads the daemon once, and not for each of its files; what a file spies on or fakes is put back behind it.
    isolate: false,
    // Most of a test is waiting for sockets and processes.
    maxWorkers: 6,
    // Only what hangs takes so long, on a machine that has much else to do.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 25_000 } },
  },
})
