import type { Logger } from 'pino'
import { version } from './arguments.ts'
import { type Config, checkConfig } from './config.ts'
import { exit, FAULT, flushAtExit, flushLog, STOPPED } from './exit.ts'
import { openLog } from './log/log.ts'
import { OPTIONS } from './options.ts'
import { lackingDescriptors, whereToGo } from './surroundings.ts'

/** Time after which a second signal forces the stop, as npm repeats a signal that the terminal has sent to both, and for which a stop waits for the start. */
const STOP_PATIENCE_MS = 2_000

/** Warnings of secrets and of variables. */
export const EXPOSED = 'secrets given as flags are visible in the process list; use files, such as --redis-file'
export const IGNORED = 'ignored environment variables that are not options'

/** Runs the daemon until it is told to stop. `ignored` variables and `exposed` secrets are warned of. */
export async function runDaemon(
  options: Readonly<Record<string, unknown>>,
  ignored: readonly string[],
  exposed: readonly string[],
): Promise<void> {
  // Other commands do not load the daemon.
  const { startDaemon } = await import('./daemon.ts')
  const config = checkConfig(options)
  const output = await openLog(config['log-level'])
  const { log } = output
  flushAtExit(output)
  if (ignored.length > 0) log.warn({ variables: ignored }, IGNORED)
  if (exposed.length > 0) log.warn({ options: exposed }, EXPOSED)
  warnOfDescriptors(config, log)

  const starting = startDaemon(config, log, { version: version(), logState: output.state })
  let stopping = false
  let forcible = false
  const stop = async (why: { signal?: NodeJS.Signals; err?: Error }, status: number) => {
    if (stopping) return
    stopping = true
    log.info(why, 'stopping')
    setTimeout(() => {
      forcible = true
      log.info('still stopping; a second signal forces the stop')
    }, STOP_PATIENCE_MS).unref()
    // Nobody is connected before the start is complete, and whatever it writes may be cut off.
    const patience = new Promise<'late'>((resolve) => setTimeout(resolve, STOP_PATIENCE_MS, 'late'))
    const daemon = await Promise.race([starting.catch(() => undefined), patience])
    // The start has failed, which is reported below.
    if (!daemon) return
    if (daemon === 'late') {
      log.info('stopped before it was ready')
      await flushLog()
      return endBy(why.signal ?? 'SIGTERM')
    }
    await daemon.stop()
    log.info('stopped')
    await exit(status)
  }
  const signalled = (signal: NodeJS.Signals) => {
    if (!forcible) return stop({ signal }, STOPPED)
    log.warn({ signal }, 'forced stop: connections closed with unread output')
    return exit(FAULT)
  }
  // Signals are handled before the start is complete.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, signalled)
  // On a terminal SIGHUP means that the terminal is closed, elsewhere it reloads the certificate.
  if (process.stdout.isTTY) process.on('SIGHUP', signalled)
  else process.on('SIGHUP', () => starting.then((daemon) => daemon.reload()).catch(() => {}))
  const daemon = await starting
  void daemon.died.then((fault) => {
    process.stderr.write(`roomd: ${fault.message}\n`)
    return stop({ err: fault }, FAULT)
  })
  // Notifies pm2 (`wait_ready`), or another parent process with an IPC channel.
  process.send?.('ready')
  const where = process.stdout.isTTY ? whereToGo(daemon.addresses, config['http-tls']) : undefined
  if (where !== undefined) log.info(where)
}

/** Ends the process at once; `process.exit` waits for threads, which may be waiting for the system themselves. */
function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // The first process of a container ignores signals without a listener.
  process.exit(FAULT)
}

/** Warns if --max-connections, or its default if it is 0, exceeds the limit of open files. */
function warnOfDescriptors(config: Config, log: Logger): void {
  const maxConnections = config['max-connections']
  const lacking = lackingDescriptors(maxConnections || OPTIONS['max-connections'].default)
  if (!lacking) return
  log.warn(
    { maxConnections, ...lacking },
    '--max-connections exceeds the limit of open files; raise ulimit -n or lower --max-connections',
  )
}
