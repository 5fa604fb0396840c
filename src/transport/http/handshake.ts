import type { IncomingMessage } from 'node:http'

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Returns true for a valid WebSocket handshake (RFC 6455, 4.2.1). Other requests are answered without an upgrade.
 */
export function isHandshake(request: IncomingMessage): boolean {
  const { method, httpVersion, headers } = request
  const protocols = headers['sec-websocket-protocol']?.split(',').map((protocol) => protocol.trim()) ?? []
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    asksForWebSocket(request) &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    protocols.every((protocol) => TOKEN.test(protocol)) &&
    new Set(protocols).size === protocols.length &&
    !hasBody(request)
  )
}

/** Returns true if a request asks for a WebSocket, by a valid handshake or not. */
export function asksForWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** Returns true if the request has a body in a content coding, none of which is decoded (RFC 9110, 8.4). */
export function isEncoded(request: Pick<IncomingMessage, 'headers'>): boolean {
  const { 'content-encoding': coding = '' } = request.headers
  return coding !== '' && coding.trim().toLowerCase() !== 'identity' && hasBody(request)
}

export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
