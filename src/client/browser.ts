/** The package in browsers, and wherever there is nothing of Node. */
import { webSocketUrl } from './address.ts'
import { openClient } from './client.ts'
import type { ConnectOptions, RoomdClient } from './roomd-client.ts'
import { webSocket } from './websocket.ts'

export * from './library.ts'

/**
 * Connects to a server and logs in.
 *
 * @param url `ws://`, `wss://`, `http://` or `https://`, with the path `/line` unless given
 * @throws RefusedError `name-invalid`, `secret-wrong`, …; DisconnectedError; TypeError for another URL, and without a nickname
 */
async function connectByWebSocket(url: string | URL, options: ConnectOptions): Promise<RoomdClient> {
  return openClient(webSocket(webSocketUrl(url)), options)
}

export { connectByWebSocket as connect }
