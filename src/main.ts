#!/usr/bin/env -S node --max-semi-space-size=12
/**
 * The command line. The flag above (in package.json and ecosystem.config.cjs too) bounds the space for young objects, in MB:
 * connections that come in a crowd would otherwise leave it grown, at 5 KB for each of 8,000.
 */
import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import yargs, { type Argv } from 'yargs'
import { hideBin } from 'yargs/helpers'
import { ConfigError, checkConfig, OPTIONS, type Option } from './config.ts'
import { startDaemon } from './daemon.ts'

/** Exit statuses: a stop that was asked for, a fault, options that make no sense. */
const STOPPED = 0
const FAULT = 1
const MISUSE = 2

/** Ends the process once what it has said is written: that of a worker of pm2's cluster is, by pm2, in its own time. */
async function exit(status: number): Promise<never> {
  if (cluster.isWorker) await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit(status)
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', 'utf8', () => resolve()))
}

/** Where everything is moved from or to. */
const PLACE = { group: 'Data', type: 'string', demandOption: true, requiresArg: true } as const

/** An option as yargs wants it. Values are checked in one place, config.ts, whatever they come from. */
function describe([name, { type, group, choices, default: value, describe: what }]: [string, Option]) {
  const described = {
    group,
    describe: choices ? `${what}: ${choices.join(', ')}` : what,
    defaultDescription: String(value ?? 'off'),
    requiresArg: type !== 'boolean' && type !== 'port',
    ...(type === 'boolean' && { boolean: true }),
  }
  return [name, described] as const
}

/** A command that works on what a daemon keeps, running or not. */
function operation(command: Argv) {
  for (const name of Object.keys(OPTIONS)) if (!['data', 'redis', 'redis-prefix'].includes(name)) command.hide(name)
  return command.positional('action', { type: 'string', demandOption: true }).positional('name', { type: 'string' })
}

async function parse(args: readonly string[]): Promise<Record<string, unknown>> {
  return await yargs([...args])
    .scriptName('roomd')
    .usage(
      '$0 [serve]\n\nA chat daemon that any shell can talk to. Every option can also be set as ROOMD_… in the environment.',
    )
    .command(['serve', '$0'], 'run the daemon')
    .command(
      'migrate',
      'move all that is kept in a folder to Redis, or back, while no daemon runs on either',
      (migrate) => {
        for (const name of Object.keys(OPTIONS)) if (name !== 'redis-prefix') migrate.hide(name)
        return migrate.options({
          from: { ...PLACE, describe: 'folder (as --data) or Redis (as --redis) to move from' },
          to: { ...PLACE, describe: 'the same to move to; nothing may be there yet' },
        })
      },
    )
    .command('room <action> [name]', 'rooms, also of a running daemon: list, close NAME', operation)
    .command(
      'account <action> [name]',
      'accounts, also of a running daemon: list, remove NAME, password NAME (asks for a new one)',
      operation,
    )
    .options(Object.fromEntries(Object.entries<Option>(OPTIONS).map(describe)))
    .config('config', 'JSON file of options', (file: string) => {
      try {
        return JSON.parse(readFileSync(file, 'utf8'))
      } catch (error) {
        throw new ConfigError(`--config ${file}: ${error instanceof Error ? error.message : error}`)
      }
    })
    .env('ROOMD')
    .version(version())
    .strict()
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      throw new ConfigError(message ?? error.message)
    })
    .parse()
}

function version(): string {
  return JSON.parse(readFileSync(new URL(import.meta.resolve('roomd/package.json')), 'utf8')).version
}

/** JSON for programs, colours for people. */
async function logTo({ isTTY }: NodeJS.WriteStream, level: string): Promise<Logger> {
  // Beneath the stream of a worker of pm2's cluster is pm2's own log.
  if (cluster.isWorker) return pino({ level }, process.stdout)
  if (!isTTY) return pino({ level }, pino.destination({ sync: true }))
  const { default: pretty } = await import('pino-pretty')
  return pino({ level, base: null }, pretty({ translateTime: 'HH:MM:ss' }))
}

async function run(args: readonly string[]): Promise<void> {
  const options = await parse(args)
  const [command] = options._ as readonly unknown[]
  if (command === 'room' || command === 'account') {
    const { operate } = await import('./control/command.ts')
    return exit((await operate(command, options)) ? STOPPED : FAULT)
  }
  if (command !== 'migrate') return serve(options)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write(
        `${process.stdout.isTTY ? '\n' : ''}roomd: broken off; the same command goes on from there\n`,
      )
      process.exit(FAULT)
    })
  }
  const { migrate } = await import('./migrate/migrate.ts')
  const prefix = options['redis-prefix'] ?? OPTIONS['redis-prefix'].default
  await migrate({ from: options.from, to: options.to, prefix }, process.stdout)
}

async function serve(options: Readonly<Record<string, unknown>>): Promise<void> {
  const config = checkConfig(options)
  const log = await logTo(process.stdout, config['log-level'])

  const starting = startDaemon(config, log, { version: version() })
  const stop = async (why: object, status: number) => {
    log.info(why, 'stopping')
    await (await starting).stop()
    log.info('stopped')
    await exit(status)
  }
  // From the first moment on: whoever has read "ready" may stop it at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop({ signal }, STOPPED))
  // From a terminal it says that the terminal is gone.
  if (process.stdout.isTTY) process.once('SIGHUP', () => stop({ signal: 'SIGHUP' }, STOPPED))
  else process.on('SIGHUP', async () => (await starting).reload())
  const daemon = await starting
  void daemon.died.then((fault) => {
    process.stderr.write(`roomd: ${fault.message}\n`)
    return stop({ err: fault }, FAULT)
  })
  // pm2 (`wait_ready`), or whoever started this with a channel, learns that connections are taken.
  process.send?.('ready')
}

run(hideBin(process.argv)).catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`roomd: ${message}\n`)
  return exit(error instanceof ConfigError ? MISUSE : FAULT)
})
