import type { DisconnectReason } from '../disconnect.ts'
import { STATUS_CODES } from './node-http.ts'

export function statusOf(refused: DisconnectReason): number {
  if (refused === 'address-banned') return 403
  return refused === 'too-many-from-address' ? 429 : 503
}

/** For a person who types lines into the HTTP port. */
const NO_HTTP = 'This is not an HTTP request. Lines are spoken on the port of --line, IRC on that of --irc\n'

/** Encodes a response to what is no request, after which the connection ends; without a body where the status says all. */
export function statusAlone(status: number): Buffer {
  const text = status === 400 ? NO_HTTP : ''
  const type = text && 'Content-Type: text/plain; charset=utf-8\r\n'
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${type}Content-Length: ${text.length}`
  return Buffer.from(`${head}\r\n\r\n${text}`)
}

/** Returns the text for a person whose request is answered before a route sees it; empty where the status says all. */
export function reasonFor(status: number, host: string): string {
  if (status === 400) return 'A request has one Host, with the name of the server alone\n'
  if (status === 403)
    return 'Forbidden: the address is banned, or a page of another origin may not do this (--http-origins)\n'
  if (status === 404) return 'Nothing is here: / is the page, /docs the API\n'
  if (status === 415) return 'A body is taken without a content coding\n'
  if (status === 421)
    return `${host} is not a name of this server: list it with --http-origins, or its proxy with --http-trust-proxy\n`
  return ''
}
