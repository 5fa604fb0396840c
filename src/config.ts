/** The checks of the options' values. */
import { join } from 'node:path'
import { isName, isSlug } from './chat/names.ts'
import { isLonger } from './chat/text.ts'
import { isPrefix, redisLocationOf } from './engine/redis/url.ts'
import type { Option, ValuesOf } from './option.ts'
import { OPTIONS } from './options.ts'
import { PROTOCOLS } from './protocols/all.ts'
import { readSecretFile } from './secret-files.ts'
import { AddressList } from './transport/address-list.ts'

/** Maximum characters of --welcome. */
const MAX_WELCOME = 500

/** The values of a boolean as people write them. 0 and 1 are numbers: 0 is a port that the system chooses. */
const SWITCHES: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'on', 'yes'].map((word) => [word, true] as const),
  ...['false', 'off', 'no'].map((word) => [word, false] as const),
])

/** The checked values of all options; a disabled listener is undefined. */
export interface Config extends ValuesOf<typeof OPTIONS> {
  /** Names of the options that have a given value, not their default. */
  readonly given: ReadonlySet<string>
}

/** An invalid option; the message has its name and the reason. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/**
 * Checks raw values (from flags, environment or a file).
 *
 * @throws {ConfigError}
 */
export function checkConfig(raw: Readonly<Record<string, unknown>>): Config {
  const given = new Set(Object.keys(raw))
  const config: Record<string, unknown> = { given }
  for (const [name, option] of Object.entries<Option>(OPTIONS)) {
    config[name] = checkValue(name, option, given.has(name) ? raw[name] : option.default)
  }
  // Each option has a checked value now.
  const checked = config as unknown as Config
  if (Boolean(checked['tls-cert']) !== Boolean(checked['tls-key'])) {
    throw new ConfigError('--tls-cert and --tls-key go together')
  }
  const listeners = Object.entries<Option>(OPTIONS).filter(([, { type }]) => type === 'port')
  if (listeners.every(([name]) => config[name] === undefined)) {
    throw new ConfigError('no listener: give --line or another listener a port')
  }
  for (const name of checked.admins) {
    if (!isName(name)) throw new ConfigError(`--admins are names of accounts, not ${name}`)
  }
  const address = checked.trusted.find((text) => !AddressList.isAddress(text))
  if (address !== undefined) {
    throw new ConfigError(`--trusted are addresses such as 127.0.0.1 or 10.0.0.0/8, not ${address}`)
  }
  for (const [name, { secret }] of Object.entries<Option>(OPTIONS)) {
    if (secret) config[name] = valueOrFile(name, config[name], config[`${name}-file`] as string | undefined)
  }
  for (const protocol of PROTOCOLS) {
    const objection = protocol.objection?.(checked)
    if (objection !== undefined) throw new ConfigError(objection)
  }
  if (checked.redis !== undefined && !redisLocationOf(checked.redis)) {
    const file = checked['redis-file']
    // The message does not contain the value, as it may include a password.
    const given = file === undefined ? '--redis' : `--redis-file ${file}: --redis`
    throw new ConfigError(`${given} is a URL such as redis://host:6379/0, or rediss:// for TLS`)
  }
  if (!isPrefix(checked['redis-prefix'])) {
    throw new ConfigError('--redis-prefix must be 1 to 64 letters, digits, and any of _ . : -')
  }
  const { welcome = 'none' } = checked
  if (welcome.trim() === '' || isLonger(welcome, MAX_WELCOME) || /[\p{Cc}\u2028\u2029]/u.test(welcome)) {
    throw new ConfigError(`--welcome is one line of at most ${MAX_WELCOME} characters`)
  }
  if (!isSlug(checked.lobby))
    throw new ConfigError(
      '--lobby must be 1 to 64 letters, digits, dots, hyphens and underscores, the first a letter or digit',
    )
  return checked
}

/**
 * Returns the value of an option, or the content of its `-file` option.
 *
 * @throws {ConfigError} with the name of the file, without its content
 */
function valueOrFile<T>(name: string, value: T, file: string | undefined): T | string {
  if (file === undefined) return value
  if (value !== undefined) throw new ConfigError(`--${name} and --${name}-file exclude each other`)
  try {
    return readSecretFile(file)
  } catch (error) {
    throw new ConfigError(`--${name}-file ${file}: ${error instanceof Error ? error.message : error}`)
  }
}

function checkValue(name: string, option: Option, value: unknown): unknown {
  if (option.type === 'list') return checkList(name, value)
  if (Array.isArray(value)) throw new ConfigError(`--${name} is given more than once`)
  if (option.type === 'port' && (value === true || value === '')) throw new ConfigError(`--${name} needs a number`)
  switch (option.type) {
    case 'boolean':
      if (typeof value === 'boolean') return value
      if (SWITCHES.has(String(value))) return SWITCHES.get(String(value))
      throw new ConfigError(`--${name} is true or false, not ${value}`)
    case 'number':
      return checkNumber(name, value, option.min, option.max)
    case 'port':
      if (value === undefined || SWITCHES.get(String(value)) === false) return undefined
      return checkNumber(name, value, 0, 65_535, ', or off')
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
  if (items.includes('')) throw new ConfigError(`--${name} has an empty item in its list`)
  return items.length === 1 && items[0] === 'none' ? [] : items
}

function checkNumber(name: string, value: unknown, least = 0, most = Number.MAX_SAFE_INTEGER, or = ''): number {
  const number = typeof value === 'number' ? value : /^\d+$/.test(String(value)) ? Number(value) : Number.NaN
  if (!Number.isInteger(number) || number < least || number > most) {
    const range =
      most === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${least}` : `a number from ${least} to ${most}`
    throw new ConfigError(`--${name} is ${range}${or}, not ${value}`)
  }
  return number
}

/** Returns the database file of the local engine; undefined for a store in memory or in Redis. */
export function fileOf({ data, redis }: Config): string | undefined {
  return redis !== undefined || data === ':memory:' ? undefined : join(data, 'roomd.db')
}
