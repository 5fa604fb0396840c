import type { ActiveLogs } from './active-logs.ts'
import type { Health } from './health.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { RedisMemberships } from './memberships.ts'
import type { Nodes } from './nodes.ts'
import type { RedisRecords } from './records.ts'
import type { RedisRooms } from './rooms.ts'
import type { Sweep } from './sweep.ts'

/** The parts of the engine, for what concerns several of them. */
export interface EngineParts {
  readonly keys: Keys
  readonly link: Link
  readonly health: Health
  readonly nodes: Nodes
  readonly logs: ActiveLogs
  readonly memberships: RedisMemberships
  readonly rooms: RedisRooms
  readonly records: RedisRecords
  readonly sweep: Sweep
}
