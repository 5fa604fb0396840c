/** The command line: parses it, and runs the daemon, an operation, an audit, an export or an import. */
import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import type { Logger } from 'pino'
import yargs, { type Argv } from 'yargs'
import { hideBin } from 'yargs/helpers'
import { leaveCluster } from './cluster-worker.ts'
import { type Config, ConfigError, checkConfig, OPTIONS } from './config.ts'
import { shownVariable, unknownVariables } from './environment.ts'
import { type Log, openLog } from './log/log.ts'
import type { Option } from './option.ts'
import { exposedSecrets, whyUnreadable } from './secret-files.ts'
import { lackingDescriptors, whereToGo } from './surroundings.ts'
import { SHELL_COMMANDS, unknownMember, usageText } from './usage-error.ts'

/** Exit statuses: a requested stop, a failure, invalid options. */
const STOPPED = 0
const FAULT = 1
const MISUSE = 2

/** Time after which a second signal forces the stop, as npm repeats a signal that the terminal has sent to both, and for which a stop waits for the start. */
const STOP_PATIENCE_MS = 2_000

/** Maximum time in which the last lines of the log are written before the process exits. */
const FLUSH_MS = 1_000
let flush: Log['flush'] | undefined

/** Exits after all output is written and, in a cluster, after the worker has left it. */
async function exit(status: number): Promise<never> {
  await flush?.(FLUSH_MS)
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

const EXPOSED = 'secrets given as flags are visible in the process list; use files, such as --redis-file'
const IGNORED = 'ignored environment variables that are not options'

/** Options of `export`. */
const EXPORT_OPTIONS = {
  room: { group: 'Data', type: 'string', requiresArg: true, describe: 'slug or title of the only room to export' },
  output: {
    group: 'Data',
    type: 'string',
    requiresArg: true,
    describe: 'file to write; standard output if none is given',
  },
} as const

/** Options of `account`; each has a negation, such as `--no-admin`. */
const ACCOUNT_OPTIONS = {
  admin: { group: 'Operation', type: 'boolean', describe: 'make the account NAME an admin, or --no-admin' },
  bot: { group: 'Operation', type: 'boolean', describe: 'mark the account NAME as a program, or --no-bot' },
} as const

/** Options of `token create`. */
const TOKEN_OPTIONS = {
  rooms: { group: 'Operation', type: 'string', requiresArg: true, describe: 'the only rooms that it is for: ops,dev' },
  may: { group: 'Operation', type: 'string', requiresArg: true, describe: 'its rights: read, write, or read,write' },
  until: { group: 'Operation', type: 'string', requiresArg: true, describe: 'the time after which it ends: 12h, 30d' },
} as const

/** Options of `audit`. */
const AUDIT_OPTIONS = {
  actor: { group: 'Data', type: 'string', requiresArg: true, describe: 'nickname of the only moderator to list' },
  room: { group: 'Data', type: 'string', requiresArg: true, describe: 'slug or title of the only room to list' },
  since: { group: 'Data', type: 'string', requiresArg: true, describe: 'time of the first event: 2026-05-24, -7d' },
  until: { group: 'Data', type: 'string', requiresArg: true, describe: 'time of the last event' },
  json: { group: 'Data', type: 'boolean', describe: 'NDJSON on a terminal too' },
} as const

/** Variables of the client's commands. */
const CLIENT_VARIABLES = ['ROOMD_SERVER', 'ROOMD_AS', 'ROOMD_TOKEN']

/** The own options of commands. */
const COMMAND_OPTIONS = {
  export: EXPORT_OPTIONS,
  account: ACCOUNT_OPTIONS,
  token: TOKEN_OPTIONS,
  audit: AUDIT_OPTIONS,
} as const

/** Converts an option for yargs. Values from all sources are checked in config.ts. */
function describe([name, { type, group, choices, default: value, describe: what }]: [string, Option]) {
  const described = {
    group,
    describe: choices ? `${what}: ${choices.join(', ')}` : what,
    defaultDescription: String(value ?? 'off'),
    // Booleans are strings for yargs, which would parse every value but `true` as false.
    requiresArg: type !== 'boolean' && type !== 'port',
  }
  return [name, described] as const
}

/** Options that select the store. */
const STORE_OPTIONS = ['data', 'redis', 'redis-file', 'redis-prefix']

/** Options that `roomd --help` shows. */
const MOST_USED = ['host', 'line', 'irc', 'http', 'data', 'redis', 'admins']

/** Hides all options but those that select the store. */
function onStore(command: Argv): Argv {
  for (const name of Object.keys(OPTIONS)) if (!STORE_OPTIONS.includes(name)) command.hide(name)
  return command
}

/** Declares a command for a store, with or without a running daemon. */
function operation(command: Argv) {
  return onStore(command).positional('action', { type: 'string' }).positional('name', { type: 'string' })
}

/** Hides all options but those that are used most, as nobody finds a command behind all of them. */
function brief(parser: Argv): Argv {
  for (const name of Object.keys(OPTIONS)) if (!MOST_USED.includes(name)) parser.hide(name)
  return parser
    .example('roomd', 'run the daemon, with everything in ./data')
    .example("roomd send ops 'deploy done'", 'say a text in the room ops')
    .epilogue('roomd serve --help lists all options; roomd COMMAND --help those of a command.')
}

async function parse(args: readonly string[], options: readonly string[]): Promise<Record<string, unknown>> {
  const parser = yargs([...args])
    .scriptName('roomd')
    .usage(
      '$0 [serve]\n\nA chat daemon that any shell can talk to. Every option can also be set as ROOMD_… in the environment.',
    )
    .command(['serve', '$0'], 'run the daemon')
    .command('send <room> [text..]', 'say a text, or standard input, in a room; see roomd send --help')
    .command('tail <room..>', 'print what is said in rooms; see roomd tail --help')
    .command('chat [server] [room]', 'chat at a terminal; see roomd chat --help')
    .command('export', 'export the store as NDJSON, with or without a running daemon', (command) =>
      onStore(command).options(EXPORT_OPTIONS),
    )
    .command(
      'import [file]',
      'import an export into an empty store; from standard input if no file is given',
      (command) => onStore(command).positional('file', { type: 'string', default: '-' }),
    )
    .command('audit', 'list what moderators did, with or without a running daemon', (command) =>
      onStore(command).options(AUDIT_OPTIONS),
    )
    .command('room [action] [name]', 'manage rooms, with or without a running daemon: list, close NAME', operation)
    .command(
      'account [action] [name]',
      'manage accounts, with or without a running daemon: list, remove NAME, password NAME (asks for a new password), NAME --admin or --bot',
      (command) => operation(command).options(ACCOUNT_OPTIONS),
    )
    .command(
      'address [action] [name]',
      'manage the bans of addresses, with or without a running daemon: list, remove NETWORK',
      operation,
    )
    .command(
      'token [action] [account] [name]',
      'manage the access tokens of an account, with or without a running daemon: create ACCOUNT NAME (prints the token), list ACCOUNT, revoke ACCOUNT NAME',
      (command) =>
        onStore(command)
          .positional('action', { type: 'string' })
          .positional('account', { type: 'string' })
          .positional('name', { type: 'string' })
          .options(TOKEN_OPTIONS),
    )
    .options(Object.fromEntries(Object.entries<Option>(OPTIONS).map(describe)))
    .config('config', 'JSON file of options', (file: string) => membersOf(file, options))
    .env('ROOMD')
    .version(version())
    .alias({ h: 'help', v: 'version' })
    .strict()
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      throw error instanceof ConfigError ? error : new ConfigError(usageText(message ?? error.message, args, options))
    })
  return await (args.some((arg) => SHELL_COMMANDS.includes(arg)) ? parser : brief(parser)).parse()
}

/** Returns the options in the file of --config. @throws {ConfigError} */
function membersOf(file: string, options: readonly string[]): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`--config ${file}: ${whyUnreadable(error)}`)
  }
  if (text.trim() === '') throw new ConfigError(`--config ${file} is empty`)
  let members: unknown
  try {
    members = JSON.parse(text)
  } catch (error) {
    throw new ConfigError(`--config ${file}: ${error instanceof Error ? error.message : error}`)
  }
  if (typeof members !== 'object' || members === null || Array.isArray(members)) {
    throw new ConfigError(`--config ${file}: it is no JSON object of options`)
  }
  for (const name of Object.keys(members)) {
    // The parser takes camel case, too.
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    if (!options.includes(flag)) throw new ConfigError(unknownMember(file, name, options))
  }
  return members as Record<string, unknown>
}

function version(): string {
  return JSON.parse(readFileSync(findPackageJSON(import.meta.url) ?? '', 'utf8')).version
}

/** Removes unknown variables from the environment, which the parser would reject. Returns their texts for a warning. */
function dropUnknownVariables(options: readonly string[]): readonly string[] {
  return unknownVariables(process.env, options).map((variable) => {
    delete process.env[variable.name]
    return shownVariable(variable)
  })
}

async function run(args: readonly string[]): Promise<void> {
  const known = ['config', ...Object.keys(OPTIONS)]
  for (const name of CLIENT_VARIABLES) delete process.env[name]
  const own = Object.entries(COMMAND_OPTIONS).find(([name]) => args.includes(name))?.[1] ?? {}
  const possible = [...known, ...Object.keys(own)]
  const ignored = dropUnknownVariables(possible)
  const options = await parse(args, possible)
  const [command] = options._ as readonly unknown[]
  if (command === 'send' || command === 'tail' || command === 'chat') {
    throw new ConfigError(`${command} comes first: roomd ${command} …; see roomd ${command} --help`)
  }
  const exposed = exposedSecrets(args)
  if (command === undefined || command === 'serve') return serve(options, ignored, exposed)
  if (ignored.length > 0) process.stderr.write(`roomd: ${IGNORED}: ${ignored.join(', ')}\n`)
  if (exposed.length > 0) process.stderr.write(`roomd: ${EXPOSED}: ${exposed.join(', ')}\n`)
  if (command === 'room' || command === 'account' || command === 'address' || command === 'token') {
    const { operate } = await import('./control/command.ts')
    return exit((await operate(command, options)) ? STOPPED : FAULT)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}roomd: interrupted; run the same command again\n`)
      process.exit(FAULT)
    })
  }
  if (command === 'audit') {
    const { audit } = await import('./transfer/audit.ts')
    return audit(options, process.stdout)
  }
  const { transfer } = await import('./transfer/transfer.ts')
  process.stderr.write(`${await transfer(command === 'export' ? command : 'import', options, version())}\n`)
}

async function serve(
  options: Readonly<Record<string, unknown>>,
  ignored: readonly string[],
  exposed: readonly string[],
): Promise<void> {
  // Other commands do not load the daemon.
  const { startDaemon } = await import('./daemon.ts')
  const config = checkConfig(options)
  const { log, ...output } = await openLog(config['log-level'])
  flush = output.flush
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
      await flush?.(FLUSH_MS)
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

run(hideBin(process.argv)).catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`roomd: ${message}\n`)
  return exit(error instanceof ConfigError ? MISUSE : FAULT)
})
