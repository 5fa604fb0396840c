import { WebSocket } from 'ws'

/**
 * A WebSocket whose close frame is sent by its owner: the replies to earlier requests of a client that closes are sent before it.
 */
export class PatientWebSocket extends WebSocket {
  /** Called once in place of closing, with the client's close code or with the code of an error in its input. */
  onclosing: ((code: number | undefined) => void) | undefined

  /** Called by the library. */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.onclosing) this.onclosing(code)
    else super.close(code, reason)
  }

  /** Sends the close frame. */
  closeNow(code: number | undefined, reason: string): void {
    this.onclosing = undefined
    super.close(code, reason)
  }
}
