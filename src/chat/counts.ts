import type { Kind } from '../engine/event.ts'
import type { RefusalCode } from './refusal.ts'

/** What sessions cause. */
export type Caused = Exclude<Kind, 'closed'>

/** What has happened on this node, in numbers that only grow: to count is an addition, who shows them reads. */
export class Counts {
  /** Events handed over, one for each member that is told. */
  deliveries = 0
  /** Events caused, by protocol. */
  readonly events = new Map<string, Record<Caused, number>>()
  /** Logins that were refused, by code. */
  readonly refusedLogins = new Map<RefusalCode, number>()

  event(protocol: string, kind: Caused): void {
    let kinds = this.events.get(protocol)
    if (!kinds) this.events.set(protocol, (kinds = { message: 0, joined: 0, left: 0, private: 0 }))
    kinds[kind]++
  }

  refusedLogin(code: RefusalCode): void {
    this.refusedLogins.set(code, (this.refusedLogins.get(code) ?? 0) + 1)
  }
}
