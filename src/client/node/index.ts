/** The package in Node. */
import { isIP } from 'node:net'
import { serverAddress } from '../address.ts'
import { type ConnectOptions, RoomdClient } from '../roomd-client.ts'
import type { Dial } from '../transport.ts'
import { webSocket } from '../websocket.ts'
import { tcp } from './sockets.ts'
import { tls } from './tls.ts'

export * from '../library.ts'

export interface TlsOptions {
  /** Certificates in PEM to trust in place of those of the system. */
  readonly ca?: string
  /** False to accept any certificate. */
  readonly rejectUnauthorized?: boolean
  /** Name to expect in the certificate, in place of the host. */
  readonly servername?: string
}

export interface NodeConnectOptions extends ConnectOptions {
  /** Options of connections over TLS. */
  readonly tls?: TlsOptions | undefined
}

/**
 * Connects to a server and logs in.
 *
 * @param url `host`, `host:port` or `tcp://host:port` (port 9090 unless given), `tls://host:port`, or `ws://`, `wss://`, `http://` or
 *   `https://` with the path `/line` unless given
 * @throws RefusedError `name-invalid`, `secret-wrong`, …; DisconnectedError; TypeError for another URL
 */
export async function connect(url: string | URL, options: NodeConnectOptions): Promise<RoomdClient> {
  return RoomdClient.open(await dialOf(url, options.tls), options)
}

async function dialOf(url: string | URL, options: TlsOptions = {}): Promise<Dial> {
  const address = serverAddress(url)
  if (address.by === 'websocket') {
    if (typeof WebSocket === 'function' && Object.keys(options).length === 0) return webSocket(address.url)
    // Node before 22 has no WebSocket, and none takes certificates.
    const { WebSocket: Socket } = await import('ws')
    return webSocket(address.url, () => {
      const socket = new Socket(address.url, { ...options })
      // 'close' follows.
      socket.on('error', () => {})
      return socket as unknown as WebSocket
    })
  }
  const { host, port } = address
  return address.by === 'tcp'
    ? tcp({ host, port })
    : tls({ host, port, servername: isIP(host) ? '' : host, ...options })
}
