import type { ConnectOptions, RoomdClient } from '../roomd-client.ts'

/**
 * Connects to a server and logs in.
 *
 * @param url `host`, `host:port` or `tcp://host:port` (port 9090 unless given), `tls://host:port`, or `ws://`, `wss://`, `http://` or
 *   `https://` with the path `/line` unless given
 * @throws RefusedError `name-invalid`, `secret-wrong`, …; DisconnectedError
 */
export declare function connect(url: string | URL, options: ConnectOptions): Promise<RoomdClient>
