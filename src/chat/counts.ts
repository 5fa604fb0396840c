import type { Kind } from '../engine/event.ts'
import type { RefusalCode } from './refusal.ts'

/** Kinds of events that sessions cause. */
type Caused = Exclude<Kind, 'closed'>

const NONE: Readonly<Record<Caused, number>> = {
  message: 0,
  joined: 0,
  left: 0,
  topic: 0,
  kicked: 0,
  role: 0,
  mode: 0,
  redacted: 0,
  private: 0,
}

/** Counters of this node, which only grow. */
export class Counts {
  /** Events handed to sessions: one for each session. */
  deliveries = 0
  /** Events by protocol and kind. */
  readonly events = new Map<string, Record<Caused, number>>()
  readonly refusedLogins = new Map<RefusalCode, number>()

  event(protocol: string, kind: Caused): void {
    let kinds = this.events.get(protocol)
    if (!kinds) this.events.set(protocol, (kinds = { ...NONE }))
    kinds[kind]++
  }

  refusedLogin(code: RefusalCode): void {
    this.refusedLogins.set(code, (this.refusedLogins.get(code) ?? 0) + 1)
  }
}
