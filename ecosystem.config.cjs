/**
 * roomd in the background: `npm run daemon`, `npm run daemon:stop`. Options come from ROOMD_… in the environment. With
 * Redis it is one process a core, on the same ports; without, it is one, as only one may have a store of its own.
 */
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

const built = join(__dirname, 'dist/src/main.js')
const source = join(__dirname, 'src/main.ts')
const inCheckout = existsSync(source)
const { ROOMD_REDIS, ROOMD_REDIS_FILE } = process.env
const { redis, 'redis-file': redisFile } = fileOfOptions()
const several = Boolean(ROOMD_REDIS || ROOMD_REDIS_FILE || redis || redisFile)

/** What is wrong with it roomd will say itself. */
function fileOfOptions() {
  try {
    return JSON.parse(readFileSync(process.env.ROOMD_CONFIG, 'utf8')) ?? {}
  } catch {
    return {}
  }
}

module.exports = {
  apps: [
    {
      name: 'roomd',
      script: inCheckout ? source : built,
      interpreter: 'node',
      // As in src/main.js.
      node_args: '--max-semi-space-size=12',
      // TypeScript is made JavaScript once, not at every start.
      env: inCheckout ? { NODE_COMPILE_CACHE: join(__dirname, 'node_modules/.cache/compiled') } : {},
      exec_mode: several ? 'cluster' : 'fork',
      instances: several ? process.env.WEB_CONCURRENCY || 'max' : 1,
      wait_ready: true,
      // On a machine with much else to do, too, a reload waits for the new process before it stops the old one.
      listen_timeout: 60_000,
      // Longer than --drain-timeout, so that a graceful stop is never cut short.
      kill_timeout: 8_000,
      max_memory_restart: '1G',
      exp_backoff_restart_delay: 100,
      // Invalid options are so at the next start, too.
      stop_exit_codes: [2],
      out_file: 'roomd.log',
      error_file: 'roomd-error.log',
      merge_logs: true,
    },
  ],
}
