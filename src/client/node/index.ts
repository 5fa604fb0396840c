/** The package in Node. */
import { isIP } from 'node:net'
import { serverAddress } from '../address.ts'
import { openClient } from '../client.ts'
import type { ConnectOptions, RoomdClient } from '../roomd-client.ts'
import type { Dial } from '../transport.ts'
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
  /** Options of connections over TLS, also of WebSockets. */
  readonly tls?: TlsOptions | undefined
}

/**
 * Connects to a server and logs in.
 *
 * @param url `host`, `host:port` or `tcp://host:port` (port 9090 unless given), `tls://host:port`, or `ws://`, `wss://`, `http://` or
 *   `https://` with the path `/line` unless given
 * @throws RefusedError `name-invalid`, `secret-wrong`, …; DisconnectedError; TypeError for another URL, and without a nickname
 */
export async function connect(url: string | URL, options: NodeConnectOptions): Promise<RoomdClient> {
  return openClient(await dialOf(url, options?.tls), options)
}

async function dialOf(url: string | URL, options: TlsOptions = {}): Promise<Dial> {
  const address = serverAddress(url)
  if (address.by === 'websocket') {
    // Its library takes longer to load than all the rest.
    const { nodeWebSocket } = await import('./websocket.ts')
    return nodeWebSocket(address.url, options)
  }
  const { host, port } = address
  return address.by === 'tcp'
    ? tcp({ host, port })
    : tls({ host, port, servername: isIP(host) ? '' : host, ...options })
}
