/** The arguments of the command line: what may be given, and what is given by flags, by the environment and by the file of --config. */
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import yargs, { type Argv } from 'yargs'
import { ConfigError } from './config.ts'
import { optionsOfNpm, PREFIX, shownVariable, unknownVariables } from './environment.ts'
import { fileFault } from './file-fault.ts'
import { defaultOf, type Option } from './option.ts'
import { OPTIONS } from './options.ts'
import { SHELL_COMMANDS, unknownMember, usageText } from './usage-error.ts'

/** Variables of the client's commands. */
const CLIENT_VARIABLES = ['ROOMD_SERVER', 'ROOMD_AS', 'ROOMD_TOKEN']

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

/** Option of the commands that list. */
const LIST_OPTIONS = {
  json: { group: 'Operation', type: 'boolean', describe: 'print one object of JSON a line, for list and show' },
} as const

/** Options of `account`; each has a negation, such as `--no-admin`. */
const ACCOUNT_OPTIONS = {
  ...LIST_OPTIONS,
  admin: { group: 'Operation', type: 'boolean', describe: 'make the account NAME an admin, or --no-admin' },
  bot: { group: 'Operation', type: 'boolean', describe: 'mark the account NAME as a program, or --no-bot' },
} as const

/** Options of `token create`. */
const TOKEN_OPTIONS = {
  ...LIST_OPTIONS,
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

/** The own options of commands. */
const COMMAND_OPTIONS = {
  export: EXPORT_OPTIONS,
  room: LIST_OPTIONS,
  address: LIST_OPTIONS,
  account: ACCOUNT_OPTIONS,
  token: TOKEN_OPTIONS,
  audit: AUDIT_OPTIONS,
} as const

/** Converts an option for yargs. Values from all sources are checked in config.ts. */
function describe([name, option]: [string, Option]) {
  const { type, group, choices, describe: what } = option
  const described = {
    group,
    describe: choices ? `${what}: ${choices.join(', ')}` : what,
    defaultDescription: defaultOf(option),
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

/** The command line as parsed, and the variables of the environment that are no options. */
export interface Arguments {
  readonly options: Readonly<Record<string, unknown>>
  readonly ignored: readonly string[]
}

/** Parses the command line, with the environment and the file of --config. @throws {ConfigError} */
export async function readArguments(args: readonly string[]): Promise<Arguments> {
  for (const name of CLIENT_VARIABLES) delete process.env[name]
  // A compose file sets variables without a value to the empty text.
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith(PREFIX) && value === '') delete process.env[name]
  }
  const own = Object.entries(COMMAND_OPTIONS).find(([name]) => args.includes(name))?.[1] ?? {}
  const possible = ['config', ...Object.keys(OPTIONS), ...Object.keys(own)]
  const [taken] = optionsOfNpm(process.env, possible)
  if (taken !== undefined)
    throw new ConfigError(`npm has taken --${taken}; put -- before options: npm start -- --${taken} …`)
  const ignored = dropUnknownVariables(possible)
  return { options: await parse(args, possible), ignored }
}

async function parse(args: readonly string[], options: readonly string[]): Promise<Record<string, unknown>> {
  const parser = yargs([...args])
    .scriptName('roomd')
    // The messages of the parser are put into other words by usageText, which knows the English ones.
    .detectLocale(false)
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
    .command(
      'room [action] [name] [account]',
      'manage rooms, with or without a running daemon: list, show NAME, close NAME, owner NAME ACCOUNT',
      (command) => operation(command).positional('account', { type: 'string' }).options(LIST_OPTIONS),
    )
    .command(
      'account [action] [name]',
      'manage accounts, with or without a running daemon: list, show NAME, add NAME and password NAME (ask for the password), remove NAME, NAME --admin or --bot',
      (command) => operation(command).options(ACCOUNT_OPTIONS),
    )
    .command(
      'address [action] [name]',
      'manage the bans of addresses, with or without a running daemon: list, remove NETWORK',
      (command) => operation(command).options(LIST_OPTIONS),
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
    .env('ROOMD_')
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
    throw new ConfigError(`--config ${file}: ${fileFault(error)}`)
  }
  if (text.trim() === '') throw new ConfigError(`--config ${file} is empty`)
  let members: unknown
  try {
    members = JSON.parse(text)
  } catch (error) {
    // It quotes the text, line ends and all.
    const why = String(error instanceof Error ? error.message : error).replace(/\s+/g, ' ')
    throw new ConfigError(`--config ${file}: ${why}`)
  }
  if (typeof members !== 'object' || members === null || Array.isArray(members)) {
    throw new ConfigError(`--config ${file}: it is not a JSON object of options`)
  }
  for (const name of Object.keys(members)) {
    // The parser takes camel case, too.
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    if (!options.includes(flag)) throw new ConfigError(unknownMember(file, name, options))
  }
  return members as Record<string, unknown>
}

/** The version of roomd. */
export function version(): string {
  return JSON.parse(readFileSync(findPackageJSON(import.meta.url) ?? '', 'utf8')).version
}

/** Removes unknown variables from the environment, which the parser would reject. Returns their texts for a warning. */
function dropUnknownVariables(options: readonly string[]): readonly string[] {
  return unknownVariables(process.env, options).map((variable) => {
    delete process.env[variable.name]
    return shownVariable(variable)
  })
}
