/** What Redis says of itself and of what it refuses, as an operator reads it. */
const OLDEST = [6, 2] as const

/** Why a server cannot be used; undefined when it can. `about` is its INFO. */
export function problemOf(about: string): string | undefined {
  const version = /^redis_version:(\d+)\.(\d+)\S*/m.exec(about)
  if (!version) return 'it does not say its version'
  const [, major, minor] = version.map(Number)
  if (major === undefined || minor === undefined) return 'it does not say its version'
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return `it is version ${version[0].slice('redis_version:'.length)}, and must be at least ${OLDEST.join('.')}`
  }
  if (/^redis_mode:cluster/m.test(about)) return 'it is a node of a Redis Cluster, which is not supported'
  return undefined
}

/** What a server that can be used will do wrong one day; undefined when nothing is known. `about` is its INFO. */
export function warningOf(about: string): string | undefined {
  const bounded = /^maxmemory:[1-9]/m.test(about)
  const policy = /^maxmemory_policy:(\S+)/m.exec(about)?.[1]
  if (!bounded || policy === undefined || policy === 'noeviction') return undefined
  return `when it is full it removes what it has confirmed: its maxmemory-policy is ${policy}, and must be noeviction`
}

/** The message of an error in one line, without where in which script Redis has met it. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  return (error.message || error.name)
    .replace(/ script: [0-9a-f]{40}, on @\w+:\d+\.?$/, '')
    .replace(/^ERR Error running script \(call to \w+\): (@\w+: ?\d+: )*-?/, '')
    .trim()
}
