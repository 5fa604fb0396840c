import type { EngineLogs } from './engine.ts'
import { Closed } from './errors.ts'

/** Appends `closed` to a room's log. Resolves with false if the room is closed already. @throws Unavailable */
export async function closeLog(logs: Pick<EngineLogs, 'append'>, room: number): Promise<boolean> {
  try {
    await logs.append(`room:${room}`, { kind: 'closed', room, from: '', body: '' })
    return true
  } catch (error) {
    if (error instanceof Closed) return false
    throw error
  }
}
