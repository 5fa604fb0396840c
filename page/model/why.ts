/** Why something was refused, or has ended. */
import type { RoomEvent } from '../../commands/replies.ts'
import { DisconnectedError, RefusedError } from '../../src/client/errors.ts'
import { isSameName } from '../../src/client/nickname.ts'

export interface Why {
  /** A sentence without its full stop. */
  readonly text: string
  /** End of the ban or mute, as the server writes times. */
  readonly until?: string | undefined
  readonly reason?: string | undefined
  /** True for a room that is no more: whoever entered it would make another one. */
  readonly isGone?: boolean
}

export function whyOf(error: Error): Why {
  const { message: text } = error
  if (error instanceof RefusedError) return { text, until: error.until, reason: error.reason }
  return { text, isGone: error instanceof DisconnectedError && error.code === 'room-unknown' }
}

/** The events by which somebody is put out of a room: a ban is followed at once by the kicks of those whom it covers, with its reason. */
export class Expulsions {
  #ban: Extract<RoomEvent, { type: 'role' }> | undefined

  /** Takes the next event of a room. Returns why it puts its `to` out; undefined for other events. */
  take(event: RoomEvent): Why | undefined {
    if (event.type !== 'userKicked') {
      this.#ban = event.type === 'role' && event.role === 'banned' && event.on ? event : undefined
      return undefined
    }
    const { room, from, to, body } = event
    const ban = this.#ban
    const isOf = ban?.from === from && ban.body === body && (ban.to.includes('*') || isSameName(ban.to, to))
    if (isOf) return { text: `Banned from #${room} by ${from}`, until: ban.until, reason: body }
    return { text: `Kicked from #${room} by ${from}`, reason: body }
  }
}
