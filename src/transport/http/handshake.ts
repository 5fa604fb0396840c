import type { IncomingMessage } from 'node:http'

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Whether a request is a handshake that the WebSocket library completes (RFC 6455, 4.2.1). Anything else is answered as a
 * request without an upgrade.
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

/** Whether a request is meant for a handshake, be it one or not. */
export function asksForWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** Whether a body follows the head of a request. */
export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
