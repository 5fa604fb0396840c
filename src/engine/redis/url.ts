/** Where Redis is, as `--redis` says it. */
export interface RedisLocation {
  readonly url: string
  /** The same without a password, for messages. */
  readonly shown: string
  /** The number of the database. */
  readonly database: number
}

/** Undefined when there is no such thing: `redis://[[user]:password@]host[:port][/database]`, `rediss://` for TLS. */
export function redisLocationOf(text: string): RedisLocation | undefined {
  const url = URL.parse(text)
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '') return undefined
  if (!/^\/?\d*$/.test(url.pathname) || url.search !== '' || url.hash !== '') return undefined
  if (url.port === '0') return undefined
  const database = url.pathname.replace(/^\/$/, '')
  const shown = `${url.protocol}//${url.hostname}:${url.port || 6379}${database}`
  return { url: url.href, shown, database: Number(database.slice(1)) }
}

/** What every key and channel begins with: nothing that has a meaning in a pattern or a hash tag. */
export function isPrefix(text: string): boolean {
  return /^[a-zA-Z0-9_.:-]{1,64}$/.test(text)
}
