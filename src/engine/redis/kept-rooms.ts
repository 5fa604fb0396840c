import type { RoomRecord } from '../engine.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'

/** A room as Redis keeps it. */
export interface Kept extends RoomRecord {
  readonly titleKey: string
  readonly lineKey: string
  /** Rises with every change of any room. */
  readonly version: number
}

/** What a node knows of the rooms there are. */
export interface Known {
  readonly rooms: readonly Kept[]
  /** The highest number and the highest count of changes that it ever heard of. */
  readonly number: number
  readonly version: number
}

export async function readRooms(connection: Connection, keys: Keys): Promise<readonly Kept[]> {
  const [records = ''] = keys.rooms
  // The reply to HVALS. Only the scripts write there.
  const found = (await connection.command(['HVALS', records])) as readonly string[]
  return found.map((record): Kept => JSON.parse(record))
}

/** Puts back what Redis has lost of the rooms; true when there was something. A room whose log has ended is not lost, but closed. */
export async function restoreRooms(connection: Connection, keys: Keys, node: string, known: Known): Promise<boolean> {
  const [, , given = '', version = ''] = keys.rooms
  const [records, number, changes] = await Promise.all([
    readRooms(connection, keys),
    connection.command(['GET', given]),
    connection.command(['GET', version]),
  ])
  const versions = new Map(records.map((room) => [room.id, room.version]))
  const missing = known.rooms.filter((room) => (versions.get(room.id) ?? 0) < room.version)
  const ended = await Promise.all(
    missing.map(({ id }) => {
      const [, info = ''] = keys.ofLog(`room:${id}`, '')
      return connection.command(['HGET', info, 'closed'])
    }),
  )
  const lost = missing.filter((_, place) => ended[place] === null)
  // The lobby is the first, also where no number was given yet.
  const behind = Number(number ?? 1) < known.number || Number(changes) < known.version
  if (lost.length === 0 && !behind) return false
  const head = [node, keys.control, String(known.number), String(known.version)]
  await connection.run('restore-rooms', keys.rooms, [...head, ...lost.map((room) => JSON.stringify(room))])
  return true
}
