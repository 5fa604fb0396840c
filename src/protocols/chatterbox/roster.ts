import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import { nextRound } from '../../tick.ts'
import { dumps, list } from './dumps.ts'

/** Maximum nicknames in the list of all users; users online are always in it. */
const MAX_NAMES = 10_000
/** Maximum nicknames that are added in one round of the event loop. */
const SLICE = 500
/** Time after which all names are read again, as a registration may change the case of a name. */
const MAX_AGE_MS = 60_000

/** A user who was ever seen. */
interface Known {
  readonly name: string
  readonly active: boolean
}

/** Nicknames in order of their first login, and their entries in the list as offline users. */
class Seen {
  readonly readAt = performance.now()
  readonly names: string[] = []
  readonly offline: string[] = []
  /** Index of each nickname, by folded name. */
  readonly places = new Map<string, number>()

  add(name: string): void {
    const key = fold(name)
    if (this.places.has(key)) return
    this.places.set(key, this.names.length)
    this.names.push(name)
    this.offline.push(entry(name, false))
  }

  /** Returns a copy of a list in which the entries of users online are replaced, or appended. */
  withOnline<T>(entries: readonly T[], online: readonly string[], show: (name: string) => T): T[] {
    const shown = entries.slice()
    for (const name of online) shown[this.places.get(fold(name)) ?? shown.length] = show(name)
    return shown
  }
}

/**
 * The list of all users ever logged in, with those online. Names are cached, and only new ones are read, as the list, with thousands
 * of names, is part of every login.
 */
export class Roster {
  readonly #chat: Chat
  #seen = new Seen()
  #reading = Promise.resolve()

  constructor(chat: Chat) {
    this.#chat = chat
  }

  /**
   * Reads the nicknames that are new since the last call.
   *
   * @throws {Refusal} `unavailable`
   */
  refresh(): Promise<void> {
    const read = () => this.#read()
    this.#reading = this.#reading.then(read, read)
    return this.#reading
  }

  /** Returns all users in order of their first login, as of the last {@link refresh}; names of users online are as they are now. */
  list(online: readonly string[]): Known[] {
    const offline = this.#seen.names.map((name) => ({ name, active: false }))
    return this.#seen.withOnline(offline, online, (name) => ({ name, active: true }))
  }

  json(online: readonly string[]): string {
    return list(this.#seen.withOnline(this.#seen.offline, online, (name) => entry(name, true)))
  }

  async #read(): Promise<void> {
    const seen = performance.now() - this.#seen.readAt < MAX_AGE_MS ? this.#seen : new Seen()
    const known = seen.names.length
    if (known >= MAX_NAMES) return
    const names = await this.#chat.users.everybody(MAX_NAMES - known, known)
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
