/** The package in Node. */
import { openClient } from '../client.ts'
import type { ConnectOptions, RoomdClient } from '../roomd-client.ts'
import { dialOf, type TlsOptions } from './dial.ts'

export * from '../library.ts'
export type { TlsOptions }

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
