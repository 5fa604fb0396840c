/** The ranks of the room's members, who is away and who is muted, as far as the server has told. */

import { foldName } from '../src/client/nickname.ts'
import type { Marks } from '../src/client/stay.ts'
import { dateOf } from './happenings.ts'
import type { Happening } from './stage.ts'

const RANKS = ['member', 'voiced', 'operator', 'owner', 'admin'] as const
export type Rank = (typeof RANKS)[number]

export function isAtLeast(rank: Rank, least: Rank) {
  return RANKS.indexOf(rank) >= RANKS.indexOf(least)
}

export class Roles {
  /** By folded name. */
  #marks = new Map<string, Marks[number]>()
  /** Ends of mutes in ms since the epoch, by folded name. */
  #muted = new Map<string, number>()

  /** Forgets another room. */
  clear() {
    this.#marks.clear()
    this.#muted.clear()
  }

  set(marks: Marks) {
    this.#marks = new Map(marks.map((mark) => [foldName(mark.nickname), mark]))
  }

  took(event: Happening) {
    if (event.type !== 'role' || event.role !== 'muted') return
    const { to, on, until } = event
    if (on) this.#muted.set(foldName(to), until ? dateOf(until).getTime() : Number.POSITIVE_INFINITY)
    else this.#muted.delete(foldName(to))
  }

  marksOf(name: string) {
    return this.#marks.get(foldName(name))?.marks ?? []
  }

  /** The text with which a member is away; undefined for none. */
  awayText(name: string) {
    return this.#marks.get(foldName(name))?.away
  }

  rankOf(name: string): Rank {
    const marks: readonly string[] = this.marksOf(name)
    return RANKS.find((rank) => marks.includes(rank)) ?? 'member'
  }

  isMuted(name: string) {
    return (this.#muted.get(foldName(name)) ?? 0) > Date.now()
  }
}
