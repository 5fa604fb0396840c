import type { LogName } from '../event.ts'
import { forEach } from './at-once.ts'
import { type Claim, noteOf } from './claim.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'

/** Names that are put back in one go: some milliseconds of Redis' work. */
const NAMES = 500

/** What a node holds in a room. */
export interface Held {
  readonly log: LogName
  readonly node: string
  /** What followers here have seen of the log. */
  readonly floor: number
  readonly claims: readonly Claim[]
}

/** What is to become of a name: see scripts/restore.lua. */
interface Change {
  readonly what: 'released' | 'left' | 'claimed' | 'joined'
  readonly key: string
  readonly token?: string
  readonly claim?: Claim
}

/**
 * Makes Redis hold of a room what this node holds there, and no more. Returns whether something had been lost, and the claims
 * whose names are somebody else's by now.
 */
export async function restoreRoom(
  connection: Connection,
  keys: Keys,
  { log, node, floor, claims }: Held,
): Promise<{ lost: boolean; conflicts: readonly Claim[] }> {
  const room = Number(log.slice('room:'.length))
  await connection.run('enrol', [...keys.nodes, keys.nodeLogs + node], [node, log])
  const excess = await excessOf(connection, keys, room, node, claims)
  const missing = claims.filter(({ certain }) => !certain)
  const changes: Change[] = [...excess, ...missing.map((claim) => changeOf(claim))]
  const head = [node, String(floor), String(room), keys.control]
  let lost = false
  const conflicts: Claim[] = []
  // Once at least: it lets this node write there.
  for (let start = 0; start === 0 || start < changes.length; start += NAMES) {
    const some = changes.slice(start, start + NAMES)
    const args = some.flatMap(({ what, key, token = '', claim }) => [
      what,
      key,
      token,
      claim?.name ?? '',
      claim?.color ?? '',
    ])
    const [changed, others] = await connection.run('restore', keys.ofLog(log, node), [...head, ...args])
    if (changed === 1) lost = true
    await forEach(some, NAMES, async ({ claim }) => {
      if (!claim) return
      if (others.includes(claim.key)) {
        conflicts.push(claim)
        return
      }
      await connection.command(['SADD', keys.heldIn(claim.key), noteOf(claim)])
      claim.certain = true
    })
  }
  return { lost, conflicts }
}

/** What Redis takes this node to hold in a room, and it does not. */
async function excessOf(
  connection: Connection,
  keys: Keys,
  room: number,
  node: string,
  claims: readonly Claim[],
): Promise<Change[]> {
  // The replies to HGETALL and SMEMBERS.
  const [held, inside] = (await Promise.all([
    connection.command(['HGETALL', keys.claims(room, node)]),
    connection.command(['SMEMBERS', keys.inside(room, node)]),
  ])) as readonly (readonly string[])[] as readonly [readonly string[], readonly string[]]
  const byKey = new Map(claims.map((claim) => [claim.key, claim]))
  const excess: Change[] = []
  for (let place = 0; place + 1 < held.length; place += 2) {
    const [token = '', key = ''] = held.slice(place, place + 2)
    if (byKey.get(key)?.token !== token) excess.push({ what: 'released', key, token })
  }
  for (const key of inside) if (!byKey.get(key)?.joined) excess.push({ what: 'left', key })
  return excess
}

function changeOf(claim: Claim): Change {
  return { what: claim.joined ? 'joined' : 'claimed', key: claim.key, token: claim.token, claim }
}
