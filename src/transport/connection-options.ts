import type { Logger } from 'pino'
import type { DisconnectReason } from './disconnect.ts'
import type { Pacing } from './rate.ts'
import type { ReplyWindow } from './reply-queue.ts'
import type { Tally } from './tally.ts'

/** Options that all connections of a daemon share. */
export interface ConnectionLimits {
  readonly log: Logger
  readonly tally: Tally
  /** Maximum bytes queued for a slow reader. */
  readonly maxQueueBytes: number
  readonly pacing: Pacing
  /** Maximum time in which a client that is not logged in sends no whole line, frame or message; 0 for no limit. */
  readonly loginTimeoutMs: number
}

export interface ConnectionOptions extends ConnectionLimits {
  /** Returns the bytes that are sent before the server closes a connection; `why` is the text of an admin. */
  readonly lastWord: (reason: DisconnectReason, why?: string) => Buffer
  /** Maximum number of requests that wait for their replies. */
  readonly window?: ReplyWindow
  /** True if each push is written alone, see {@link Outbox}. */
  readonly writesEach?: boolean
  /** True if input is handled to its end after the client has closed or stopped reading; replies are then dropped, not input. */
  readonly readsToEnd?: boolean
  /** Time without progress of the output after which replies are dropped; with {@link readsToEnd} only. */
  readonly stallMs?: number
}
