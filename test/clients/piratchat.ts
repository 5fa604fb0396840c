import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { type Fields, JsonSocket } from './json-socket.ts'

export const TOO_LONG = { status: false, code: 'message_too_long' }

/** A WebSocket of Piratchat. */
export class PirateClient extends JsonSocket {
  /** The answer to its handshake. */
  readonly answer: Promise<IncomingMessage>
  /** Resolves with the code with which it was closed. */
  readonly closed = this.closing.then(([code]) => code)

  constructor(websocket: WebSocket) {
    super(websocket)
    this.answer = new Promise((resolve) => websocket.on('upgrade', resolve))
  }

  send(...messages: string[]): void {
    for (const message of messages) this.raw(JSON.stringify({ message }))
  }

  /** Everything that came, and that the messages sent so far bring: the answer to one that is too long is behind it all. */
  async rest(): Promise<Fields[]> {
    this.send('x'.repeat(301))
    return (await this.until(({ code }) => code === TOO_LONG.code)).slice(0, -1)
  }

  async close(): Promise<void> {
    this.websocket.close()
    await this.closed
  }
}
