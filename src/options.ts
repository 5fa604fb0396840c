/** All options: flag, environment variable (ROOMD_…), default and help text. A protocol declares its own in its folder. */
import { MAX_TIMER_SECONDS, type OptionTable } from './option.ts'
import { PROTOCOL_OPTIONS } from './protocols/all.ts'
import { IPV6_PREFIX } from './transport/network.ts'

const limit = { type: 'number', group: 'Limits' } as const
const storedText = { type: 'string', group: 'Data' } as const
const storedNumber = { type: 'number', group: 'Data' } as const

export const OPTIONS = {
  host: { type: 'string', default: '127.0.0.1', group: 'Listeners', describe: 'address of every listener' },
  ...PROTOCOL_OPTIONS,
  'tls-cert': {
    type: 'string',
    default: undefined,
    group: 'Listeners',
    describe: 'certificate file, PEM; without one, a self-signed certificate is made in --data',
  },
  'tls-key': { type: 'string', default: undefined, group: 'Listeners', describe: 'private key file, PEM' },

  data: {
    ...storedText,
    default: './data',
    describe: 'folder of the database and the self-signed certificate; :memory: keeps everything in memory',
  },
  redis: {
    ...storedText,
    default: undefined,
    secret: true,
    describe:
      'keep everything in this Redis, for several processes: redis://[[user]:password@]host[:port][/database], rediss:// for TLS',
  },
  'redis-file': {
    ...storedText,
    default: undefined,
    describe: 'file whose only line is the value of --redis; its password is read again for each connection',
  },
  'redis-prefix': { ...storedText, default: 'roomd', describe: 'prefix of every key in Redis' },
  sync: {
    ...storedText,
    default: 'normal',
    choices: ['normal', 'full'],
    describe:
      'durability of an acknowledged line: it survives a crash of the process (normal), also a power failure (full)',
  },
  lobby: {
    ...storedText,
    default: 'lobby',
    describe: 'name of the default room, in which protocols without rooms speak',
  },
  'keep-days': { ...storedNumber, default: 0, describe: 'remove events older than this many days; 0 keeps all' },
  'keep-events': {
    ...storedNumber,
    default: 0,
    describe: 'number of events kept for each room, the newest; 0 keeps all',
  },
  search: {
    type: 'boolean',
    default: true,
    group: 'Data',
    describe: 'index messages for /search; with --no-search, and with --redis, it looks at the newest 10,000 events',
  },
  'memory-events': {
    ...storedNumber,
    default: 1_000,
    min: 1,
    describe: 'number of newest events held in memory for each room',
  },
  'memory-bytes': {
    ...storedNumber,
    default: 1_048_576,
    min: 1_024,
    describe: 'bytes of newest events held in memory for each room',
  },

  'max-line': { ...limit, default: 16_384, min: 64, describe: 'maximum bytes of a line' },
  'max-text': { ...limit, default: 4_000, min: 1, describe: 'maximum characters of a message' },
  'max-queue': {
    ...limit,
    default: 1_048_576,
    min: 65_536,
    describe: 'maximum bytes queued for a slow reader; beyond, it is disconnected',
  },
  'max-rate': {
    ...limit,
    default: 10_000,
    describe: 'maximum lines a second read from a connection of a trusted address or a bot; 0 for no limit',
  },
  'max-burst': {
    ...limit,
    default: 20_000,
    min: 1,
    describe: 'lines that such a connection may send at once before --max-rate applies',
  },
  trusted: {
    type: 'list',
    default: '127.0.0.0/8,::1',
    group: 'Limits',
    describe: 'trusted addresses and networks, whose connections are read at --max-rate; none for bots only',
  },
  'guest-rate': {
    ...limit,
    default: 20,
    describe: 'maximum lines a second read from any other connection; 0 for --max-rate',
  },
  'guest-burst': {
    ...limit,
    default: 200,
    min: 1,
    describe: 'lines that any other connection may send at once before --guest-rate applies',
  },
  guests: {
    type: 'boolean',
    default: true,
    group: 'Limits',
    describe:
      'users without an account may log in and speak, and make accounts; with --no-guests the operator makes all accounts',
  },
  'max-connections': { ...limit, default: 10_000, describe: 'maximum connections; 0 for no limit' },
  'max-per-address': { ...limit, default: 1_000, describe: 'maximum connections from one address; 0 for no limit' },
  'ipv6-prefix': {
    ...limit,
    default: IPV6_PREFIX,
    min: 1,
    max: 128,
    describe: 'bits of an IPv6 address that count as one address in all limits for an address',
  },
  'max-rooms': { ...limit, default: 10_000, describe: 'maximum rooms; 0 for no limit' },
  'max-rooms-per-address': {
    ...limit,
    default: 50,
    describe:
      'maximum rooms made from one address; at the limit its empty and silent ones are closed first; 0 for no limit',
  },
  'room-ttl': {
    ...limit,
    default: 30,
    describe:
      'days without a message after which a room is closed that is empty and not made by the owner of an account; 0 keeps all',
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
    max: MAX_TIMER_SECONDS,
    describe:
      'seconds that a client may stay connected without logging in, from its last line, frame or message; 0 for no limit',
  },

  admins: {
    type: 'list',
    default: 'none',
    group: 'Operation',
    describe: 'accounts that are admins, besides those that roomd account NAME --admin has marked: ann,bob,…',
  },
  welcome: {
    type: 'string',
    default: undefined,
    group: 'Operation',
    describe:
      'text for newcomers: the purpose of this server, in at most 500 characters; in /limits, in the answer to help, and in the MOTD of IRC',
  },
  'drain-timeout': {
    type: 'number',
    default: 5,
    max: MAX_TIMER_SECONDS,
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
} as const satisfies OptionTable
