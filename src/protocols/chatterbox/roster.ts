import { setImmediate as nextRound } from 'node:timers/promises'
import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import { dumps, list } from './dumps.ts'

/** Maximum number of nicknames ever seen that are shown; those online are always shown. */
const EVERYBODY = 10_000
/** Number of nicknames that are added in one round of the event loop. */
const SLICE = 500
/** After this time, in ms, all names are read again: a name is written as it was registered from then on. */
const MAX_AGE_MS = 60_000

/** A user who was ever seen. */
interface Known {
  readonly name: string
  readonly active: boolean
}

/** Nicknames in order of appearance, and the same as list entries of users who are offline. */
class Seen {
  readonly readAt = performance.now()
  readonly names: string[] = []
  readonly offline: string[] = []
  /** By folded name. */
  readonly places = new Map<string, number>()

  add(name: string): void {
    const key = fold(name)
    if (this.places.has(key)) return
    this.places.set(key, this.names.length)
    this.names.push(name)
    this.offline.push(entry(name, false))
  }

  /** A copy of a list of entries in which those of users who are online are replaced, or appended. */
  withOnline<T>(entries: readonly T[], online: readonly string[], show: (name: string) => T): T[] {
    const shown = entries.slice()
    for (const name of online) shown[this.places.get(fold(name)) ?? shown.length] = show(name)
    return shown
  }
}

/**
 * Everybody ever seen, and who is here. The names are kept and only those that have come since are read: a list of thousands is
 * part of every login.
 */
export class Roster {
  readonly #chat: Chat
  #seen = new Seen()
  #reading: Promise<void>

  constructor(chat: Chat) {
    this.#chat = chat
    this.#reading = Promise.resolve()
  }

  /** Reads who has come since the last time. Refuses `unavailable`. */
  refresh(): Promise<void> {
    const read = () => this.#read()
    this.#reading = this.#reading.then(read, read)
    return this.#reading
  }

  /** In order of appearance, as the last {@link refresh} has found them. Those who are here are written as they write themselves. */
  list(online: readonly string[]): Known[] {
    const offline = this.#seen.names.map((name) => ({ name, active: false }))
    return this.#seen.withOnline(offline, online, (name) => ({ name, active: true }))
  }

  /** The same as JSON. */
  json(online: readonly string[]): string {
    return list(this.#seen.withOnline(this.#seen.offline, online, (name) => entry(name, true)))
  }

  async #read(): Promise<void> {
    const seen = performance.now() - this.#seen.readAt < MAX_AGE_MS ? this.#seen : new Seen()
    const known = seen.names.length
    if (known >= EVERYBODY) return
    const names = await this.#chat.everybody(EVERYBODY - known, known)
    for (const [place, name] of names.entries()) {
      if (place > 0 && place % SLICE === 0) await nextRound()
      seen.add(name)
    }
    this.#seen = seen
  }
}

function entry(name: string, active: boolean): string {
  return `{"name": ${dumps(name)}, "active": ${active}}`
}
