import { fold } from '../../chat/names.ts'
import { type MembershipEnd, type Room, Session, type Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import type { SessionLink } from '../../transport/conversation.ts'
import { textFrame } from '../../transport/websocket.ts'
import { escapeMarkdown } from '../entities.ts'
import { shownText } from '../shown-text.ts'

/** A user in the lobby, from before the handshake is answered. */
export class PiratchatSession extends Session {
  #link: SessionLink | undefined
  /** Frames that are buffered until the WebSocket is open. */
  #held: Buffer[] = []
  /** Reason for which the membership has ended. */
  #lost: 'membership-lost' | 'kicked' | undefined

  push(frames: Buffer): void {
    if (this.#link) this.#link.push(frames)
    else this.#held.push(frames)
  }

  /** Sends the buffered frames, and later ones directly, after the handshake. */
  attach(link: SessionLink): void {
    this.#link = link
    this.lifeline = link
    for (const frames of this.#held) link.push(frames)
    this.#held = []
    // The user has logged out in the meantime.
    if (this.closed) link.hangUp()
    // The connection is still under construction.
    else if (this.#lost) queueMicrotask(() => this.#lost && link.disconnect(this.#lost))
  }

  /** Ends the connection, now or as soon as there is a WebSocket. */
  disconnect(reason: 'membership-lost' | 'kicked'): void {
    this.#lost = reason
    this.#link?.disconnect(reason)
  }

  hangUp(): void {
    this.#link?.hangUp()
  }
}

interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Encodes events as frames, one object each, once for all members. A user does not receive events of its own
 * (docs/protocols/piratchat.md, sections 2.7 and 3): the sender of an event in this tick gets the ranges of the same bytes around its
 * own frames.
 */
export class PiratchatWire implements Wire<PiratchatSession> {
  readonly protocol = 'piratchat'
  readonly carriesPrivate = false
  readonly #escapes: boolean
  /** Encoded events; sessions that have joined within the tick get a part of them. */
  readonly #frames = new WeakMap<Event, Buffer>()

  /** `escapes` is true for clients that render texts as Markdown and HTML. */
  constructor(escapes: boolean) {
    this.#escapes = escapes
  }

  deliver(_room: Room, events: readonly Event[], members: Iterable<PiratchatSession>): void {
    const frames: Buffer[] = []
    const ownOf = new Map<string, ByteRange[]>()
    let end = 0
    for (const event of events) {
      const frame = this.#frameOf(event)
      if (!frame) continue
      frames.push(frame)
      const key = fold(event.kind === 'kicked' ? (event.to ?? '') : event.from)
      const own = ownOf.get(key)
      const range = { start: end, end: (end += frame.length) }
      if (own) own.push(range)
      else ownOf.set(key, [range])
    }
    if (end === 0) return
    const all = Buffer.concat(frames, end)
    for (const member of members) {
      const own = ownOf.get(member.key)
      if (own) pushOthers(member, all, own)
      else member.push(all)
    }
  }

  /** Shows the text as a message from `server`. */
  announce(text: string, sessions: Iterable<PiratchatSession>): void {
    const bytes = textFrame(JSON.stringify({ message: this.#shown(text), author: 'server' }))
    for (const session of sessions) session.push(bytes)
  }

  /** Disconnects the session: the only room of this protocol is the lobby. */
  putOut(_room: Room, session: PiratchatSession, why: MembershipEnd): void {
    session.disconnect(why === 'kicked' ? 'kicked' : 'membership-lost')
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

  #shown(text: string): string {
    return this.#escapes ? escapeMarkdown(text) : text
  }

  #objectOf(event: Event): object | undefined {
    const { kind, from, to } = event
    switch (kind) {
      case 'message':
        return { message: this.#shown(shownText(event)), author: this.#shown(from) }
      case 'joined':
        return { event: 'join', username: from }
      case 'left':
        return { event: 'leave', username: from }
      case 'kicked':
        return { event: 'leave', username: to }
      case 'topic':
      case 'role':
      case 'mode':
      case 'redacted':
      case 'private':
      case 'closed':
        return undefined
      default:
        return kind satisfies never
    }
  }
}

/** Sends all bytes except the member's own ranges, which are in order. */
function pushOthers(member: PiratchatSession, all: Buffer, own: readonly ByteRange[]): void {
  let done = 0
  for (const { start, end } of own) {
    if (start > done) member.push(all.subarray(done, start))
    done = end
  }
  if (done < all.length) member.push(all.subarray(done))
}
