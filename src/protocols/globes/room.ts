import type { Directory } from '../../chat/directory.ts'
import { fold } from '../../chat/names.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { GlobesError } from './errors.ts'

/** A room's place in a path. */
export interface InRoom {
  Params: { room: string }
}

/** By what stands in the path: digits are an id, anything else a title (docs/protocols/globes.md, section 1). Throws 101. */
export async function findRoom(directory: Directory, which: string): Promise<RoomRecord> {
  const room = /^\d+$/.test(which) ? await findById(directory, which) : await findByTitle(directory, which)
  if (!room) throw new GlobesError(101, which)
  return room
}

async function findById(directory: Directory, digits: string): Promise<RoomRecord | undefined> {
  const id = Number(digits)
  return Number.isSafeInteger(id) ? directory.find(id) : undefined
}

async function findByTitle(directory: Directory, title: string): Promise<RoomRecord | undefined> {
  const room = await directory.find(title)
  // Slugs are not shown here.
  return room && fold(room.title) === fold(title) ? room : undefined
}

/** A room as clients see it; of the members of one that is not public only those see something who have a token. */
export async function showRoom(directory: Directory, room: RoomRecord, entitled: boolean): Promise<object> {
  const { id, title, description, visibility, createdAt, changedAt } = room
  const people = visibility === 'public' || entitled ? await directory.people(id) : []
  return {
    title,
    ...(description !== '' && { description }),
    visibility,
    createdAt: isoTime(createdAt),
    updatedAt: isoTime(changedAt),
    id,
    users: people.map(({ name, last }) => ({
      username: name,
      color: last?.color ?? '',
      ...(last && { last_activity: isoTime(last.at) }),
    })),
  }
}

/** RFC 3339. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
