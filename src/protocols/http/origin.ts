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
