/** What the browser keeps from one visit to the next. */

/** Who uses the page: an account with an access token, or a guest with a word of its own. */
export interface Identity {
  readonly nickname: string
  /** Access token of the account; a password is never kept. */
  readonly token?: string
  /** Name of the token, with which it is revoked. */
  readonly tokenName?: string
  /** Word that makes several tabs the same guest. */
  readonly session?: string
}

const PREFIX = 'roomd.'

function read<T>(key: string, fallback: T): T {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? '') ?? fallback
  } catch {
    return fallback
  }
}

function write(key: string, value: unknown) {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key)
    else localStorage.setItem(PREFIX + key, JSON.stringify(value))
  } catch {
    // A browser that keeps nothing works all the same.
  }
}

/** A value in the browser's storage, shared by the tabs. */
export class Kept<T> {
  readonly #key: string
  readonly #fallback: T

  constructor(key: string, fallback: T) {
    this.#key = key
    this.#fallback = fallback
  }

  get value(): T {
    return read(this.#key, this.#fallback)
  }

  set value(value: T) {
    write(this.#key, value)
  }

  /** Calls a listener when another tab has changed the value. */
  watch(changed: () => void) {
    addEventListener('storage', ({ key }) => {
      if (key === PREFIX + this.#key) changed()
    })
  }
}

/** Values by the key of a conversation, in one {@link Kept}. */
export class KeptMap<T> {
  readonly #kept: Kept<Record<string, T>>

  constructor(key: string) {
    this.#kept = new Kept(key, {})
  }

  get(key: string): T | undefined {
    return this.#kept.value[key]
  }

  set(key: string, value: T | undefined) {
    const { [key]: _, ...rest } = this.#kept.value
    this.#kept.value = value === undefined ? rest : { ...rest, [key]: value }
  }

  watch(changed: () => void) {
    this.#kept.watch(changed)
  }
}

export const identity = new Kept<Identity | undefined>('identity', undefined)
/** Names of the rooms to enter, in the order of the list. */
export const keptRooms = new Kept<readonly string[]>('rooms', [])
/** Newest event that has been read, by conversation. */
export const keptReads = new KeptMap<number>('reads')
/** Newest message of each private conversation that has been closed: it is listed again when there is a newer one. */
export const keptClosed = new KeptMap<number>('closed')
/** What is being written, by conversation. */
export const keptDrafts = new KeptMap<string>('drafts')
