import { fold } from './names.ts'
import type { NewsChannel } from './news.ts'

/** Maximum number of departures that are remembered. */
const MAX_DEPARTURES = 1_000

/** A user whose sessions on a node have ended. */
export interface PastUser {
  readonly name: string
  readonly verified: boolean
  /** In ms since the epoch. */
  readonly leftAt: number
}

/** The users who have left any node since this one started: the newest 1,000 departures. */
export class PastUsers {
  #departures: PastUser[] = []

  constructor(news: NewsChannel) {
    news.watch((each) => {
      if (each.kind !== 'offline') return
      const { name, verified } = each
      this.#departures.push({ name, verified, leftAt: Date.now() })
      if (this.#departures.length > 2 * MAX_DEPARTURES) this.#departures = this.#departures.slice(-MAX_DEPARTURES)
    })
  }

  /** The last departure. */
  get newest(): PastUser | undefined {
    return this.#departures.at(-1)
  }

  /** The departures of a nickname, newest first. */
  of(name: string): PastUser[] {
    const key = fold(name)
    return this.#departures
      .slice(-MAX_DEPARTURES)
      .filter((past) => fold(past.name) === key)
      .reverse()
  }
}
