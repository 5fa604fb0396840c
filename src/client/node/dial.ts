import { isIP } from 'node:net'
import { serverAddress } from '../address.ts'
import type { Dial } from '../transport.ts'
import { tcp } from './sockets.ts'

export interface TlsOptions {
  /** Certificates in PEM to trust in place of those of the system. */
  readonly ca?: string
  /** False to accept any certificate. */
  readonly rejectUnauthorized?: boolean
  /** Name to expect in the certificate, in place of the host. */
  readonly servername?: string
}

/** Returns the way to a server. The libraries for TLS and WebSocket take longer to load than all the rest. @throws TypeError for an invalid URL */
export async function dialOf(url: string | URL, options: TlsOptions = {}): Promise<Dial> {
  const address = serverAddress(url)
  if (address.by === 'websocket') {
    const { nodeWebSocket } = await import('./websocket.ts')
    return nodeWebSocket(address.url, options)
  }
  const { by, host, port } = address
  if (by === 'tcp') return tcp({ host, port })
  const { tls } = await import('./tls.ts')
  return tls({ host, port, servername: isIP(host) ? '' : host, ...options })
}
