import type { DisconnectReason } from './disconnect.ts'

/** The reason for which the server has ended a connection; `peer-vanished` is not sent to the client. */
export type EndReason = DisconnectReason | 'peer-vanished'

/** Counters of throttled and of disconnected connections. */
export class Tally {
  /** Pauses of connections over their rate. */
  throttles = 0
  /** Connections that the server has closed or refused, by reason. */
  readonly disconnects = new Map<EndReason, number>()

  disconnect(reason: EndReason): void {
    this.disconnects.set(reason, (this.disconnects.get(reason) ?? 0) + 1)
  }
}

/** Statistics of a listener. */
export interface Traffic {
  readonly open: number
  /** Connections opened since the start. */
  readonly opened: number
  /** Bytes received since the start, without TLS overhead. */
  readonly received: number
  /** Bytes sent since the start, without TLS overhead. */
  readonly sent: number
  /** Bytes of queued output. */
  readonly queued: number
}
