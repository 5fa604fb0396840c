/** Every option once: its flag, its environment variable (ROOMD_…), its default and its help text. */
import { isLineName, isName } from './chat/names.ts'
import { isPrefix, placeOf } from './engine/redis/url.ts'
import { Proxies } from './protocols/http/proxies.ts'
import { IPV6_PREFIX } from './protocols/network.ts'
import { readSecretFile } from './secret-files.ts'

export interface Option {
  /** A list is written with commas, or is an array in a file. */
  readonly type: 'string' | 'number' | 'boolean' | 'port' | 'list'
  readonly default: string | number | boolean | undefined
  readonly describe: string
  readonly group: 'Listeners' | 'Data' | 'Limits' | 'Operation'
  readonly choices?: readonly string[]
}

const limit = { type: 'number', group: 'Limits' } as const

export const OPTIONS = {
  host: { type: 'string', default: '127.0.0.1', group: 'Listeners', describe: 'address of every listener' },
  line: { type: 'port', default: 9090, group: 'Listeners', describe: 'line protocol over TCP' },
  'line-tls': { type: 'port', default: undefined, group: 'Listeners', describe: 'line protocol over TLS' },
  'line-ascii': {
    type: 'boolean',
    default: false,
    group: 'Listeners',
    describe: 'write every non-ASCII character as \\uXXXX',
  },
  chatterbox: { type: 'port', default: 9000, group: 'Listeners', describe: 'Chatterbox over TLS' },
  'chatterbox-plain': { type: 'port', default: undefined, group: 'Listeners', describe: 'Chatterbox over TCP' },
  'chatterbox-user-list': {
    type: 'string',
    default: 'objects',
    choices: ['objects', 'names'],
    group: 'Listeners',
    describe: "form of Chatterbox's USER_LIST",
  },
  'chatterbox-history': {
    type: 'number',
    default: 1_000,
    group: 'Listeners',
    describe: "maximum number of earlier messages in Chatterbox's login reply, which holds at most 256 KB of them",
  },
  'chatterbox-inbox': {
    type: 'boolean',
    default: true,
    group: 'Listeners',
    describe:
      "include earlier private messages in Chatterbox's login reply; a guest's name does not prove who receives them",
  },
  chatroom: { type: 'port', default: 65_432, group: 'Listeners', describe: 'Chatroom over TLS' },
  http: {
    type: 'port',
    default: 7777,
    group: 'Listeners',
    describe: 'HTTP and WebSocket: the page, Piratchat, Globes, the line protocol at /line, health and metrics',
  },
  'http-tls': { type: 'boolean', default: false, group: 'Listeners', describe: 'TLS on the port of --http' },
  'http-origins': {
    type: 'list',
    default: 'none',
    group: 'Listeners',
    describe: "origins, besides the server's own, whose pages may use the HTTP port: https://chat.example,…",
  },
  'http-trust-proxy': {
    type: 'list',
    default: 'none',
    group: 'Listeners',
    describe: 'addresses of trusted proxies, whose X-Forwarded-For is used: 127.0.0.1,10.0.0.0/8,…',
  },
  'globes-public-rooms': {
    type: 'string',
    default: 'owned',
    choices: ['owned', 'open', 'closed'],
    group: 'Listeners',
    describe:
      'users who may change and delete public rooms at Globes: the creator for an hour until others speak, and --admins; anybody; nobody',
  },
  'globes-any-origin': {
    type: 'boolean',
    default: false,
    group: 'Listeners',
    describe: 'pages of any origin may open the WebSocket of a room at Globes; else those of --http-origins',
  },
  'globes-secret': {
    type: 'string',
    default: undefined,
    group: 'Listeners',
    describe:
      "key that signs Globes' tokens, at least 16 characters; without it, a random one is made and kept with the data",
  },
  'globes-secret-file': {
    type: 'string',
    default: undefined,
    group: 'Listeners',
    describe: 'file whose only line is the value of --globes-secret',
  },
  'piratchat-escape': {
    type: 'boolean',
    default: false,
    group: 'Listeners',
    describe:
      'write &, <, >, [, ] and the backtick in messages to Piratchat as entities, for clients that render them as HTML or Markdown',
  },
  'piratchat-session': {
    type: 'number',
    default: 3_600,
    group: 'Listeners',
    describe: 'seconds after which an unused login at Piratchat or Globes ends',
  },
  'tls-cert': {
    type: 'string',
    default: undefined,
    group: 'Listeners',
    describe: 'certificate file, PEM; without one, a self-signed certificate is made in --data',
  },
  'tls-key': { type: 'string', default: undefined, group: 'Listeners', describe: 'private key file, PEM' },

  data: {
    type: 'string',
    default: './data',
    group: 'Data',
    describe: 'folder of the database and the self-signed certificate; :memory: keeps everything in memory',
  },
  redis: {
    type: 'string',
    default: undefined,
    group: 'Data',
    describe:
      'keep everything in this Redis, for several processes: redis://[[user]:password@]host[:port][/database], rediss:// for TLS',
  },
  'redis-file': {
    type: 'string',
    default: undefined,
    group: 'Data',
    describe: 'file whose only line is the value of --redis',
  },
  'redis-prefix': { type: 'string', default: 'roomd', group: 'Data', describe: 'prefix of every key in Redis' },
  sync: {
    type: 'string',
    default: 'normal',
    choices: ['normal', 'full'],
    group: 'Data',
    describe:
      'durability of an acknowledged line: it survives a crash of the process (normal), also a power failure (full)',
  },
  lobby: {
    type: 'string',
    default: 'lobby',
    group: 'Data',
    describe: 'name of the default room, in which protocols without rooms speak',
  },
  'keep-days': {
    type: 'number',
    default: 0,
    group: 'Data',
    describe: 'remove events older than this many days; 0 keeps all',
  },
  'keep-events': {
    type: 'number',
    default: 0,
    group: 'Data',
    describe: 'number of events kept for each room, the newest; 0 keeps all',
  },
  'memory-events': {
    type: 'number',
    default: 1_000,
    group: 'Data',
    describe: 'number of newest events held in memory for each room',
  },
  'memory-bytes': {
    type: 'number',
    default: 1_048_576,
    group: 'Data',
    describe: 'bytes of newest events held in memory for each room',
  },

  'max-line': { ...limit, default: 16_384, describe: 'maximum bytes of a line' },
  'max-text': { ...limit, default: 4_000, describe: 'maximum characters of a message' },
  'max-queue': {
    ...limit,
    default: 1_048_576,
    describe: 'maximum bytes queued for a slow reader; beyond, it is disconnected',
  },
  'max-rate': { ...limit, default: 10_000, describe: 'maximum lines a second read from a connection; 0 for no limit' },
  'max-burst': {
    ...limit,
    default: 20_000,
    describe: 'lines that a connection may send at once before --max-rate applies',
  },
  'max-connections': { ...limit, default: 10_000, describe: 'maximum connections; 0 for no limit' },
  'max-per-address': { ...limit, default: 1_000, describe: 'maximum connections from one address; 0 for no limit' },
  'ipv6-prefix': {
    ...limit,
    default: IPV6_PREFIX,
    describe: 'bits of an IPv6 address that count as one address in all limits for an address',
  },
  'max-rooms': { ...limit, default: 10_000, describe: 'maximum rooms; 0 for no limit' },
  'max-rooms-per-address': {
    ...limit,
    default: 50,
    describe:
      'maximum rooms made from one address; at the limit its empty and silent ones are closed first; 0 for no limit',
  },
  'max-registrations': {
    ...limit,
    default: 60,
    describe: 'maximum accounts, and rooms with a password, made from one address within a minute; 0 for no limit',
  },
  'max-accounts-per-address': {
    ...limit,
    default: 100,
    describe: 'maximum accounts made from one address within a day; 0 for no limit',
  },
  'memory-limit': {
    ...limit,
    default: 0,
    describe:
      'maximum bytes of queues, unfinished input and the newest events of rooms together; 0 for half of the heap',
  },
  'login-timeout': {
    ...limit,
    default: 600,
    describe:
      'seconds that a client may stay connected without logging in, from its last line, frame or message; 0 for no limit',
  },

  admins: {
    type: 'list',
    default: 'none',
    group: 'Operation',
    describe: 'accounts that may change and delete any room at Globes: ann,bob,…',
  },
  'drain-timeout': {
    type: 'number',
    default: 5,
    group: 'Operation',
    describe: 'maximum seconds that a stop waits for clients to read what is queued',
  },
  'log-level': {
    type: 'string',
    default: 'info',
    choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    group: 'Operation',
    describe: 'lowest level of log lines that are written',
  },
} as const satisfies Record<string, Option>

type Values = typeof OPTIONS
type ValueOf<O extends Option> = O['type'] extends 'number'
  ? number
  : O['type'] extends 'boolean'
    ? boolean
    : O['type'] extends 'port'
      ? number | undefined
      : O['type'] extends 'list'
        ? readonly string[]
        : O extends { choices: readonly (infer C)[] }
          ? C
          : undefined extends O['default']
            ? string | undefined
            : string

/** The options as the daemon takes them; a listener that is left out is undefined. */
export type Config = { readonly [K in keyof Values]: ValueOf<Values[K]> }

/** An option that makes no sense; the message names it and says why. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** Timers take no more. */
const MOST_SECONDS = 2_147_483
const MOST: Readonly<Partial<Record<keyof Values, number>>> = {
  'ipv6-prefix': 128,
  'login-timeout': MOST_SECONDS,
  'drain-timeout': MOST_SECONDS,
  'piratchat-session': MOST_SECONDS,
}

/** Characters. */
const SHORTEST_SECRET = 16
/** Options that may come from a file, which `--NAME-file` names. */
const FROM_FILES = ['redis', 'globes-secret'] as const

/** Whole numbers of at least this much; those not listed may be 0 for "no bound". */
const LEAST: Readonly<Partial<Record<keyof Values, number>>> = {
  'memory-events': 1,
  'memory-bytes': 1_024,
  'max-line': 64,
  'max-text': 1,
  'max-queue': 65_536,
  'max-burst': 1,
  'piratchat-session': 1,
  'ipv6-prefix': 1,
}

/**
 * Checks raw values (from flags, environment or a file) against the table and one another. Throws {@link ConfigError}.
 */
export function checkConfig(raw: Readonly<Record<string, unknown>>): Config {
  const config: Record<string, unknown> = {}
  for (const [name, option] of Object.entries<Option>(OPTIONS)) {
    config[name] = checkValue(name, option, name in raw ? raw[name] : option.default)
  }
  // Every name of the table has just been given a value of its type.
  const checked = config as unknown as Config
  if (Boolean(checked['tls-cert']) !== Boolean(checked['tls-key'])) {
    throw new ConfigError('--tls-cert and --tls-key go together')
  }
  const listeners = Object.entries<Option>(OPTIONS).filter(([, { type }]) => type === 'port')
  if (listeners.every(([name]) => config[name] === undefined)) {
    throw new ConfigError('no listener is left: give --line or another one a port')
  }
  for (const origin of checked['http-origins']) {
    if (!isOrigin(origin)) throw new ConfigError(`--http-origins are such as https://chat.example, not ${origin}`)
  }
  for (const address of checked['http-trust-proxy']) {
    if (!Proxies.isAddress(address)) {
      throw new ConfigError(`--http-trust-proxy are addresses such as 127.0.0.1 or 10.0.0.0/8, not ${address}`)
    }
  }
  for (const name of checked.admins) {
    if (!isName(name)) throw new ConfigError(`--admins are names of accounts, not ${name}`)
  }
  for (const name of FROM_FILES) config[name] = valueOrFile(name, checked[name], checked[`${name}-file`])
  // What was given is not shown, as it is a secret or may hold a password.
  const secret = checked['globes-secret']
  if (secret !== undefined && secret.length < SHORTEST_SECRET) {
    throw new ConfigError(`${given('globes-secret', checked)} needs at least ${SHORTEST_SECRET} characters`)
  }
  if (checked.redis !== undefined && !placeOf(checked.redis)) {
    throw new ConfigError(`${given('redis', checked)} is such as redis://host:6379/0, or rediss:// for TLS`)
  }
  if (!isPrefix(checked['redis-prefix'])) {
    throw new ConfigError('--redis-prefix must be 1 to 64 letters, digits, and any of _ . : -')
  }
  if (!isLineName(checked.lobby)) throw new ConfigError('--lobby must be 1 to 70 letters and digits')
  return checked
}

/**
 * The value of an option, which may be given as the name of a file that holds it. Throws {@link ConfigError}, which names the file
 * and nothing of its content.
 */
export function valueOrFile<T>(name: string, value: T, file: string | undefined): T | string {
  if (file === undefined) return value
  if (value !== undefined) throw new ConfigError(`--${name} and --${name}-file exclude each other`)
  try {
    return readSecretFile(file)
  } catch (error) {
    throw new ConfigError(`--${name}-file ${file}: ${error instanceof Error ? error.message : error}`)
  }
}

/** How an option was given, for messages. */
function given(name: (typeof FROM_FILES)[number], config: Config): string {
  const file = config[`${name}-file`]
  return file === undefined ? `--${name}` : `--${name}-file ${file}: --${name}`
}

function checkValue(name: string, option: Option, value: unknown): unknown {
  if (option.type === 'list') return checkList(name, value)
  if (Array.isArray(value)) throw new ConfigError(`--${name} is given more than once`)
  switch (option.type) {
    case 'boolean':
      if (typeof value === 'boolean') return value
      if (value === 'true' || value === 'false') return value === 'true'
      throw new ConfigError(`--${name} is true or false, not ${value}`)
    case 'number':
      return checkNumber(name, value, LEAST[name as keyof Values] ?? 0, MOST[name as keyof Values])
    case 'port':
      return value === undefined || value === false || value === 'false'
        ? undefined
        : checkNumber(name, value, 0, 65_535)
    case 'string':
      if (value === undefined && option.default === undefined) return undefined
      if (typeof value !== 'string' && typeof value !== 'number') throw new ConfigError(`--${name} needs a value`)
      if (value === '') throw new ConfigError(`--${name} needs a value`)
      if (option.choices && !option.choices.includes(String(value))) {
        throw new ConfigError(`--${name} is one of ${option.choices.join(', ')}, not ${value}`)
      }
      return String(value)
  }
}

function checkList(name: string, value: unknown): readonly string[] {
  const items = (Array.isArray(value) ? value : String(value).split(',')).map((item) => String(item).trim())
  if (items.includes('')) throw new ConfigError(`--${name} has an empty place in its list`)
  return items.length === 1 && items[0] === 'none' ? [] : items
}

/** As a browser writes it. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text
}

function checkNumber(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const number = typeof value === 'number' ? value : /^\d+$/.test(String(value)) ? Number(value) : Number.NaN
  if (!Number.isInteger(number) || number < least || number > most) {
    const range =
      most === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${least}` : `a number from ${least} to ${most}`
    throw new ConfigError(`--${name} is ${range}, not ${value}`)
  }
  return number
}
