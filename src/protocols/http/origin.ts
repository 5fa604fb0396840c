import { isIP } from 'node:net'

/**
 * Whether a request comes from a page of somebody else: a browser sends it along with whatever page it shows, also to a
 * server that listens on the browser's own machine only. What is no browser sends no Origin.
 */
export function isForeign(origin: string | undefined, host: string, listed: readonly string[]): boolean {
  if (origin === undefined || listed.includes(origin)) return false
  // "null" is what a page without an origin sends, which may be anybody's.
  const own = URL.parse(origin)?.host
  return own === undefined || own !== host.toLowerCase()
}

/**
 * Whether a request to a server on the browser's own machine comes by a name that somebody else has pointed there (DNS
 * rebinding): such a page would pass for the server's own. Addresses and `localhost` cannot be pointed anywhere.
 */
export function isRebound(host: string, listed: readonly string[]): boolean {
  // A browser always says it.
  if (!host) return false
  const name = URL.parse(`http://${host}`)?.hostname ?? ''
  if (name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) > 0) return false
  return !listed.some((origin) => URL.parse(origin)?.hostname === name)
}
