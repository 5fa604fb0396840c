import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Methods that change nothing (RFC 9110, 9.2.1). */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Whether a text is an origin as a browser writes it. */
export function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text
}

/** The parts of a request that tell which page sent it, and to which server; `host` and `protocol` are the client's view. */
export interface Sent {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly host: string
  readonly protocol: string
}

/**
 * Whether a page of an origin that is neither the server's own nor `listed` has sent a request. A browser sends `Origin` with
 * every WebSocket's handshake and with every request but GET and HEAD; what is no browser sends none.
 */
export function isForeign({ headers: { origin }, host, protocol }: Sent, listed: readonly string[]): boolean {
  if (origin === undefined || listed.includes(origin)) return false
  // "null" is sent for a page without an origin, which may be anybody's.
  const page = URL.parse(origin)
  // As the page's scheme writes it: without the port where that is the scheme's own.
  if (!page || !/^https?:$/.test(page.protocol) || page.host !== URL.parse(`${page.protocol}//${host}`)?.host)
    return true
  // A page of https is the server's own behind a proxy that does not say that it ends TLS.
  return page.protocol === 'http:' && protocol === 'https'
}

/**
 * Whether a page as in {@link isForeign} may have sent a request that changes something. To hosts of https, and to its own
 * machine, a browser sends `Sec-Fetch-Site` too (Fetch Metadata, 2.3): also with GET, and after redirects.
 */
export function mayBeForeign(sent: Sent, listed: readonly string[]): boolean {
  const { origin, 'sec-fetch-site': site } = sent.headers
  if (origin !== undefined && listed.includes(origin)) return false
  if (isForeign(sent, listed)) return true
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return origin === undefined && SAFE_METHODS.has(sent.method) && mayBeLinked(sent, listed)
}

/**
 * Whether a page as in {@link isForeign} may have had a browser send a GET request of which neither `Origin` nor
 * `Sec-Fetch-Site` tells anything: by a link, an image, a frame. A page can suppress `Referer`, but not the other two headers
 * that browsers send and hardly anything else sends together.
 */
function mayBeLinked({ headers, ...sent }: Sent, listed: readonly string[]): boolean {
  const { referer, 'user-agent': agent = '', 'accept-language': language } = headers
  if (!agent.startsWith('Mozilla/') || language === undefined) return false
  const origin = URL.parse(referer ?? '')?.origin ?? 'null'
  return isForeign({ ...sent, headers: { origin } }, listed)
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
