import type { IncomingMessage } from 'node:http'

/** A host with or without a port (RFC 9110, 7.2); it may be empty. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i

/** Returns true if the request has one valid `Host`, or none in HTTP/1.0 (RFC 9112, 3.2). */
export function hasValidHost({ httpVersion, headers, rawHeaders }: IncomingMessage): boolean {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === 'host') count++
  if (count === 0) return httpVersion !== '1.1'
  return count === 1 && HOST.test(headers.host ?? '')
}

/** Replaces `Host` by the host of a request target in absolute form (RFC 9112, 3.2.2). Returns false if that is invalid. */
export function takeHostOfTarget({ url = '', headers }: IncomingMessage): boolean {
  if (url.startsWith('/')) return true
  const [, host] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? []
  if (host === undefined) return true
  headers.host = host
  return host !== '' && HOST.test(host)
}
