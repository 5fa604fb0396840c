/** The location of a Redis server and database. */
export interface RedisLocation {
  readonly url: string
  /** The URL without a password, for messages. */
  readonly shown: string
  readonly database: number
}

/** Parses the value of `--redis`; undefined if it is not of the form `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS. */
export function redisLocationOf(text: string): RedisLocation | undefined {
  const url = URL.parse(text)
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '') return undefined
  if (!/^\/?\d*$/.test(url.pathname) || url.search !== '' || url.hash !== '') return undefined
  if (url.port === '0') return undefined
  const database = url.pathname.replace(/^\/$/, '')
  const shown = `${url.protocol}//${url.hostname}:${url.port || 6379}${database}`
  return { url: url.href, shown, database: Number(database.slice(1)) }
}

/** Returns true for a prefix of keys and channels: it has no characters with a meaning in patterns or hash tags. */
export function isPrefix(text: string): boolean {
  return /^[a-zA-Z0-9_.:-]{1,64}$/.test(text)
}
