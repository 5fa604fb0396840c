import type { Chat } from '../../chat/chat.ts'
import type { Directory } from '../../chat/directory.ts'
import { fold } from '../../chat/names.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { GlobesError } from './errors.ts'

export interface InRoom {
  Params: { room: string }
}

/**
 * Returns the room of a path: digits are an id, other texts a title (docs/protocols/globes.md, section 1).
 *
 * @throws {GlobesError} 101
 */
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
  // A room is not found by its slug, which this protocol does not show.
  return room && fold(room.title) === fold(title) ? room : undefined
}

/** Returns a room as JSON; the members of a room with a password are shown with its token only (`entitled`). */
export async function showRoom({ people }: Pick<Chat, 'people'>, room: RoomRecord, entitled: boolean): Promise<object> {
  const { id, title, description, visibility, createdAt, changedAt } = room
  const users = room.hash === undefined || entitled ? await people.list(id) : []
  return {
    title,
    ...(description !== '' && { description }),
    visibility,
    createdAt: isoTime(createdAt),
    updatedAt: isoTime(changedAt),
    id,
    users: users.map(({ name, last }) => ({
      username: name,
      color: last?.color ?? '',
      ...(last && { last_activity: isoTime(last.at) }),
    })),
  }
}

/** Formats a time (RFC 3339). */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
