/** The oldest supported version of Redis. */
const OLDEST = [6, 2] as const

/** Returns the reason why a server cannot be used; undefined if it can. `about` is the reply to INFO. */
export function problemOf(about: string): string | undefined {
  const version = /^redis_version:(\d+)\.(\d+)\S*/m.exec(about)
  if (!version) return 'it does not say its version'
  const [, major = 0, minor = 0] = version.map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return `it is version ${version[0].slice('redis_version:'.length)}, and must be at least ${OLDEST.join('.')}`
  }
  if (/^redis_mode:cluster/m.test(about)) return 'it is a node of a Redis Cluster, which is not supported'
  return undefined
}

/** Returns a warning about a setting that endangers data; undefined if there is none. `about` is the reply to INFO. */
export function warningOf(about: string): string | undefined {
  const bounded = /^maxmemory:[1-9]/m.test(about)
  const policy = /^maxmemory_policy:(\S+)/m.exec(about)?.[1]
  if (!bounded || policy === undefined || policy === 'noeviction') return undefined
  return `when it is full it removes what it has confirmed: its maxmemory-policy is ${policy}, and must be noeviction`
}

/** Returns the message of an error in one line, without the script and line number that Redis adds. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  return (error.message || error.name)
    .replace(/ script: [0-9a-f]{40}, on @\w+:\d+\.?$/, '')
    .replace(/^ERR Error running script \(call to \w+\): (@\w+: ?\d+: )*-?/, '')
    .trim()
}
