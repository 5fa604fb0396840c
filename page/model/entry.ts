/** The way into a room, whose password is asked for once a visit. */
import { RefusedError } from '../../src/client/errors.ts'
import type { JoinedRoom } from '../../src/client/joined-room.ts'
import type { RoomdClient } from '../../src/client/roomd-client.ts'
import { roomKey } from './room-talk.ts'
import { keptPasswords } from './storage.ts'

/** Events of a gap that are read; of more, only the newest are shown, and the others are loaded when they are scrolled to. */
const MOST_MISSED = 500

/** Codes with which a room refuses a password: it has another one, or none. */
const NOT_THE_PASSWORD: ReadonlySet<string> = new Set(['room-private', 'room-name-invalid'])

/** Joins a room, without a given password with that of the last time. @throws RefusedError, DisconnectedError */
export async function joinRoom(client: RoomdClient, name: string, password: string | undefined): Promise<JoinedRoom> {
  const key = roomKey(name)
  const kept = keptPasswords.get(key)
  if (password === undefined && kept !== undefined) {
    try {
      return await client.join(name, { password: kept, maxMissed: MOST_MISSED })
    } catch (error) {
      if (!(error instanceof RefusedError && NOT_THE_PASSWORD.has(error.code))) throw error
      keptPasswords.set(key, undefined)
    }
  }
  const joined = await client.join(name, { password, maxMissed: MOST_MISSED })
  if (password !== undefined) keptPasswords.set(key, password)
  return joined
}
