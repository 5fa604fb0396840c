/** The members of a room with their roles, and who is away or muted, as far as the server has told. */
import { foldName } from '../../src/client/nickname.ts'
import type { RoomMember } from '../../src/client/room-options.ts'
import { dateOf, type Happening } from './happening.ts'

const RANKS = ['member', 'voiced', 'operator', 'owner', 'admin'] as const
export type Rank = (typeof RANKS)[number]

export function isAtLeast(rank: Rank, least: Rank) {
  return RANKS.indexOf(rank) >= RANKS.indexOf(least)
}

export class Members {
  /** Rises with every change, so that a list is not made anew without one. */
  version = 0
  /** By folded name. */
  #members = new Map<string, RoomMember>()
  /** Ends of mutes in ms since the epoch, by folded name. */
  readonly #muted = new Map<string, number>()

  /** True when the server has told who is there. */
  isKnown = false

  get size() {
    return this.#members.size
  }

  get all(): RoomMember[] {
    return [...this.#members.values()]
  }

  set(members: readonly RoomMember[]) {
    this.isKnown = true
    this.version++
    this.#members = new Map(members.map((member) => [foldName(member.nickname), member]))
  }

  /** Takes an event. Returns true if the server must be asked for the roles. */
  take(event: Happening): boolean {
    if (event.type !== 'message') this.version++
    switch (event.type) {
      case 'userJoined':
        if (!this.has(event.from)) this.#members.set(foldName(event.from), { nickname: event.from, marks: [] })
        return true
      case 'userLeft':
        this.#members.delete(foldName(event.from))
        return false
      case 'userKicked':
        this.#members.delete(foldName(event.to))
        return false
      case 'role':
        if (event.role === 'muted') this.#mute(event.to, event.on, event.until)
        return true
      default:
        return false
    }
  }

  has(nickname: string) {
    return this.#members.has(foldName(nickname))
  }

  get(nickname: string): RoomMember | undefined {
    return this.#members.get(foldName(nickname))
  }

  rankOf(nickname: string): Rank {
    const marks: readonly string[] = this.get(nickname)?.marks ?? []
    return RANKS.find((rank) => marks.includes(rank)) ?? 'member'
  }

  isMuted(nickname: string) {
    return (this.#muted.get(foldName(nickname)) ?? 0) > Date.now()
  }

  #mute(nickname: string, on: boolean, until: string | undefined) {
    if (!on) this.#muted.delete(foldName(nickname))
    else this.#muted.set(foldName(nickname), until ? dateOf(until).getTime() : Number.POSITIVE_INFINITY)
  }
}
