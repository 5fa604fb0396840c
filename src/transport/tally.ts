import type { DisconnectReason } from './disconnect.ts'

/** The reason for which the server has ended a connection; a peer that has vanished is not told. */
export type EndReason = DisconnectReason | 'peer-vanished'

/** Counters of the throttled and the ended connections. */
export class Tally {
  /** Connections whose reading was paused because they were over their rate: once for each pause. */
  throttles = 0
  /** Connections that the server has closed, or not let in, by reason. */
  readonly disconnects = new Map<EndReason, number>()

  disconnect(reason: EndReason): void {
    this.disconnects.set(reason, (this.disconnects.get(reason) ?? 0) + 1)
  }
}

/** A listener's connections, in numbers. */
export interface Traffic {
  /** Connections now. */
  readonly open: number
  /** Connections ever. */
  readonly opened: number
  /** Bytes ever, of the protocol itself: not what TLS adds. */
  readonly received: number
  readonly sent: number
  /** Bytes that wait for slow readers now. */
  readonly queued: number
}
