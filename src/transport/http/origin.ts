import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Safe methods (RFC 9110, 9.2.1). */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Returns true for an origin in the form of the `Origin` header. */
export function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text
}

/** The parts of a request that identify the page that sent it; `host` and `protocol` are those of the URL that the client used. */
export interface OriginRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly host: string
  readonly protocol: string
}

/**
 * Returns true if a page of a foreign origin, neither the server's own nor `listed`, has sent a request. A browser sends `Origin`
 * with every WebSocket handshake and with every request but GET and HEAD; other clients do not send it.
 */
export function isForeign(
  { headers: { origin }, host, protocol }: Omit<OriginRequest, 'method'>,
  listed: readonly string[],
): boolean {
  if (origin === undefined || listed.includes(origin)) return false
  // The origin "null" is that of a page without an origin, which is foreign.
  const page = URL.parse(origin)
  // Parsing the host with the page's scheme removes the default port of the scheme.
  if (!page || !/^https?:$/.test(page.protocol) || page.host !== URL.parse(`${page.protocol}//${host}`)?.host)
    return true
  // A page of https has the server's own origin if a proxy terminates TLS without a header that says so.
  return page.protocol === 'http:' && protocol === 'https'
}

/**
 * Returns true if a page of a foreign origin may have sent a request with side effects (CSRF). To https hosts and to its own machine
 * a browser also sends `Sec-Fetch-Site` (Fetch Metadata, 2.3), with every method, and after redirects.
 */
export function mayBeForeign(sent: OriginRequest, listed: readonly string[]): boolean {
  const { origin, 'sec-fetch-site': site } = sent.headers
  if (origin !== undefined && listed.includes(origin)) return false
  if (isForeign(sent, listed)) return true
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return origin === undefined && SAFE_METHODS.has(sent.method) && mayBeLinked(sent, listed)
}

/**
 * Returns true if a page of a foreign origin may have caused a GET request without `Origin` and `Sec-Fetch-Site`: by a link, an
 * image, a frame. A page can suppress `Referer`, but not `User-Agent` and `Accept-Language`, which hardly any other client sends
 * together.
 */
function mayBeLinked({ headers, host, protocol }: OriginRequest, listed: readonly string[]): boolean {
  const { referer, 'user-agent': agent = '', 'accept-language': language } = headers
  if (!agent.startsWith('Mozilla/') || language === undefined) return false
  const origin = URL.parse(referer ?? '')?.origin ?? 'null'
  return isForeign({ headers: { origin }, host, protocol }, listed)
}

/**
 * Returns true for DNS rebinding: a request to a server on the browser's own machine by a foreign name that resolves to it, whose page
 * would have the server's own origin. Addresses and `localhost` cannot be rebound.
 */
export function isRebound(host: string, listed: readonly string[]): boolean {
  // A browser always sends the host.
  if (!host) return false
  const name = URL.parse(`http://${host}`)?.hostname ?? ''
  if (name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) > 0) return false
  return !listed.some((origin) => URL.parse(origin)?.hostname === name)
}
