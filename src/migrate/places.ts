/** What `--from` and `--to` say, and what stands there. */
import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigError } from '../config.ts'
import type { Source, Target } from '../engine/moving.ts'
import { isPrefix, type Place, placeOf } from '../engine/redis/url.ts'

/** The options of the command as they were given. */
export interface Request {
  readonly from: unknown
  readonly to: unknown
  readonly prefix: unknown
}

export type Where =
  | { readonly engine: 'local'; readonly file: string }
  | { readonly engine: 'redis'; readonly place: Place; readonly prefix: string }

/** Throws {@link ConfigError}. */
export function placesOf({ from, to, prefix }: Request): { from: Where; to: Where } {
  if (typeof prefix !== 'string' || !isPrefix(prefix)) {
    throw new ConfigError('--redis-prefix must be 1 to 64 letters, digits, and any of _ . : -')
  }
  const places = { from: whereIs('--from', from, prefix), to: whereIs('--to', to, prefix) }
  if (nameOf(places.from) === nameOf(places.to)) throw samePlace()
  return places
}

export function samePlace(): ConfigError {
  return new ConfigError('--from and --to are the same place')
}

export async function openSource(where: Where): Promise<Source> {
  if (where.engine === 'local') {
    const { LocalSource } = await import('../engine/local/moving-out.ts')
    return LocalSource.open(where.file)
  }
  const { RedisSource } = await import('../engine/redis/moving-out.ts')
  return RedisSource.open(where.place, where.prefix)
}

export async function openTarget(where: Where): Promise<Target> {
  if (where.engine === 'local') {
    const { LocalTarget } = await import('../engine/local/moving-in.ts')
    return LocalTarget.open(where.file)
  }
  const { RedisTarget } = await import('../engine/redis/moving-in.ts')
  return RedisTarget.open(where.place, where.prefix)
}

function whereIs(option: string, value: unknown, prefix: string): Where {
  if (Array.isArray(value)) throw new ConfigError(`${option} is given more than once`)
  const text = String(value ?? '')
  if (text === '') throw new ConfigError(`${option} needs a folder or a URL such as redis://host:6379/0`)
  if (text === ':memory:') throw new ConfigError(`${option} :memory: keeps nothing`)
  if (!/^[a-z][a-z0-9+.-]+:/i.test(text)) return { engine: 'local', file: join(resolve(text), 'roomd.db') }
  const place = placeOf(text)
  // Not what was given: it may hold a password.
  if (!place) throw new ConfigError(`${option} is a folder, or such as redis://host:6379/0, or rediss:// for TLS`)
  return { engine: 'redis', place, prefix }
}

function nameOf(where: Where): string {
  if (where.engine === 'redis') return where.place.shown.replace(/^\w+:/, '').replace(/(?<=:\d+)(\/0?)?$/, '/0')
  try {
    return realpathSync(where.file)
  } catch {
    return where.file
  }
}
