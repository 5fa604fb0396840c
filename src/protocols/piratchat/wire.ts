import { fold } from '../../chat/names.ts'
import type { Room } from '../../chat/room.ts'
import { Session, type Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import type { SessionLink } from '../../transport/conversation.ts'
import { textFrame } from '../../transport/websocket.ts'
import { escapeMarkdown } from './escape.ts'

/** A user in the lobby, from the moment before his handshake is answered. */
export class PiratchatSession extends Session {
  #link: SessionLink | undefined
  /** Frames from before the WebSocket is open. */
  #held: Buffer[] = []
  /** Set when the membership was lost. */
  #lost = false

  push(frames: Buffer): void {
    if (this.#link) this.#link.push(frames)
    else this.#held.push(frames)
  }

  /** The handshake is done. */
  attach(link: SessionLink): void {
    this.#link = link
    this.lifeline = link
    for (const frames of this.#held) link.push(frames)
    this.#held = []
    // Logged out in the meantime.
    if (this.closed) link.hangUp()
    // The connection is not complete yet.
    else if (this.#lost) queueMicrotask(() => link.disconnect('membership-lost'))
  }

  /** Ends the connection, now or as soon as there is a WebSocket. */
  disconnect(): void {
    this.#lost = true
    this.#link?.disconnect('membership-lost')
  }

  hangUp(): void {
    this.#link?.hangUp()
  }
}

/** A stretch of bytes. */
interface Stretch {
  readonly start: number
  readonly end: number
}

/**
 * Events as frames, one object each: encoded once, whatever the number of members. Nobody is told what he has done himself
 * (docs/protocols/piratchat.md, sections 2.7 and 3), so whoever did something in the turn gets what stands before, between and behind his
 * own frames, of the same bytes.
 */
export class PiratchatWire implements Wire<PiratchatSession> {
  readonly protocol = 'piratchat'
  readonly carriesPrivate = false
  readonly #safe: boolean
  /** Sessions that came in the same tick get different parts of the same events. */
  readonly #frames = new WeakMap<Event, Buffer>()

  /** `safe` is for clients that render texts as Markdown and HTML: they get entities. */
  constructor(safe: boolean) {
    this.#safe = safe
  }

  deliver(_room: Room, events: readonly Event[], members: Iterable<PiratchatSession>): void {
    const frames: Buffer[] = []
    const ownOf = new Map<string, Stretch[]>()
    let end = 0
    for (const event of events) {
      const frame = this.#frameOf(event)
      if (!frame) continue
      frames.push(frame)
      const key = fold(event.from)
      const own = ownOf.get(key)
      const stretch = { start: end, end: (end += frame.length) }
      if (own) own.push(stretch)
      else ownOf.set(key, [stretch])
    }
    if (end === 0) return
    const all = Buffer.concat(frames, end)
    for (const member of members) {
      const own = ownOf.get(member.key)
      if (own) pushOthers(member, all, own)
      else member.push(all)
    }
  }

  /** The only room is the lobby, which is never closed: without it there is nothing left to do here. */
  putOut(_room: Room, session: PiratchatSession): void {
    session.disconnect()
  }

  #frameOf(event: Event): Buffer | undefined {
    let frame = this.#frames.get(event)
    if (frame) return frame
    const object = this.#objectOf(event)
    if (!object) return undefined
    frame = textFrame(JSON.stringify(object))
    this.#frames.set(event, frame)
    return frame
  }

  #objectOf({ kind, from, body }: Event): object | undefined {
    switch (kind) {
      case 'message':
        return { message: this.#safe ? escapeMarkdown(body) : body, author: from }
      case 'joined':
        return { event: 'join', username: from }
      case 'left':
        return { event: 'leave', username: from }
      case 'private':
      case 'closed':
        return undefined
      default:
        return kind satisfies never
    }
  }
}

/** All but the member's own stretches, which are in order. */
function pushOthers(member: PiratchatSession, all: Buffer, own: readonly Stretch[]): void {
  let done = 0
  for (const { start, end } of own) {
    if (start > done) member.push(all.subarray(done, start))
    done = end
  }
  if (done < all.length) member.push(all.subarray(done))
}
