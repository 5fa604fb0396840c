import type { FastifyRequest } from 'fastify'

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Whether a request is a handshake that the library will do (RFC 6455, 4.2.1): what it refuses itself has no words of ours. */
export function isHandshake({ ws, headers, method }: FastifyRequest): boolean {
  const protocols = headers['sec-websocket-protocol']?.split(',').map((protocol) => protocol.trim()) ?? []
  return (
    ws &&
    method === 'GET' &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    protocols.every((protocol) => TOKEN.test(protocol)) &&
    new Set(protocols).size === protocols.length
  )
}
