import { type Fields, JsonSocket } from './json-socket.ts'

/** A WebSocket of a room at Globes. */
export class GlobesClient extends JsonSocket {
  readonly closed = this.closing

  /** Sends events, or texts as they are, behind one another. */
  send(...events: (Fields | string)[]): void {
    for (const event of events) this.raw(typeof event === 'string' ? event : JSON.stringify(event))
  }
}
