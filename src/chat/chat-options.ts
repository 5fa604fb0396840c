import type { RoomRecord } from '../engine/engine.ts'
import type { Administered } from './administration.ts'
import type { OnDeliveryError } from './audience.ts'
import type { OnAudit } from './audit.ts'
import type { Cost } from './secrets.ts'

export interface ChatOptions {
  /** Days for which the engine keeps events; 0, the default, for no limit. */
  readonly keepDays?: number
  /** Maximum characters of a message. */
  readonly maxText: number
  /** Purpose of the server, a line for newcomers. */
  readonly welcome?: string | undefined
  /** False if only the owners of accounts may log in and speak; true by default. */
  readonly guests?: boolean
  /** Maximum number of rooms; 0 or undefined for no limit. */
  readonly maxRooms?: number
  /** Maximum number of rooms made from one address; 0 or undefined for no limit. */
  readonly maxRoomsPerAddress?: number
  /** Called when a room was closed because its maker needed the space for another one. */
  readonly onDiscard?: (room: RoomRecord) => void
  /** Called with actions of the operator of the server, on whatever node. */
  readonly onAdministered?: (done: Administered) => void
  readonly onDeliveryError?: OnDeliveryError
  /** Called with actions of clients that are logged. */
  readonly onAudit?: OnAudit
  /** Nicknames of accounts that are admins; others are marked in the store. */
  readonly admins?: readonly string[]
  /** Maximum number of accounts made from one address within a minute; 0 or undefined for no limit. */
  readonly maxRegistrations?: number
  /** Maximum number of accounts made from one address within a day; 0 or undefined for no limit. */
  readonly maxAccountsPerAddress?: number
  /** Lifetime of an unused ticket, in ms. */
  readonly ticketMs?: number
  /** Monotonic clock, in ms. */
  readonly now?: () => number
  readonly cost?: Cost
  /** Maximum number of secrets checked at the same time; each keeps a processor busy. */
  readonly checksAtOnce?: number
}
