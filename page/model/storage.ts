/** Values that the browser keeps from one visit to the next. */

/** The user of the page: an account with an access token, or a guest with a word of its own. */
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

/** For as long as the browser keeps it, or for the visit of one tab. */
export type Span = 'local' | 'session'

/** The storage of a span; it throws where the user has blocked it. */
function storageOf(span: Span) {
  return span === 'local' ? localStorage : sessionStorage
}

function read<T>(key: string, fallback: T, span: Span): T {
  try {
    return JSON.parse(storageOf(span).getItem(PREFIX + key) ?? 'null') ?? fallback
  } catch {
    return fallback
  }
}

function write(key: string, value: unknown, span: Span) {
  try {
    if (value === undefined) storageOf(span).removeItem(PREFIX + key)
    else storageOf(span).setItem(PREFIX + key, JSON.stringify(value))
  } catch {
    // A browser that keeps nothing works all the same.
  }
}

/** Forgets everything but the settings. */
export function forgetAll() {
  for (const span of ['local', 'session'] as const) {
    try {
      const keys = Object.keys(storageOf(span)).filter((key) => key.startsWith(PREFIX) && key !== `${PREFIX}settings`)
      for (const key of keys) storageOf(span).removeItem(key)
    } catch {
      // Nothing was kept.
    }
  }
}

/** A value in the browser's storage, shared by the tabs unless it is of one visit. */
export class Kept<T> {
  readonly #key: string
  readonly #fallback: T
  readonly #span: Span

  constructor(key: string, fallback: T, span: Span = 'local') {
    this.#key = key
    this.#fallback = fallback
    this.#span = span
  }

  get value(): T {
    return read(this.#key, this.#fallback, this.#span)
  }

  set value(value: T) {
    write(this.#key, value, this.#span)
  }

  /** Calls a listener when another tab has changed the value. Returns a function that ends it. */
  watch(changed: () => void) {
    const listener = ({ key }: StorageEvent) => {
      // Without a key, everything has been removed.
      if (key === PREFIX + this.#key || key === null) changed()
    }
    addEventListener('storage', listener)
    return () => removeEventListener('storage', listener)
  }
}

/** Values by the key of a conversation, in one {@link Kept}. */
export class KeptMap<T> {
  readonly #kept: Kept<Record<string, T>>

  constructor(key: string, span: Span = 'local') {
    this.#kept = new Kept(key, {}, span)
  }

  get(key: string): T | undefined {
    return this.#kept.value[key]
  }

  set(key: string, value: T | undefined) {
    const { [key]: _, ...rest } = this.#kept.value
    this.#kept.value = value === undefined ? rest : { ...rest, [key]: value }
  }

  watch(changed: () => void) {
    return this.#kept.watch(changed)
  }
}

export const identity = new Kept<Identity | undefined>('identity', undefined)
/** Names of the rooms to enter, in the order of the list. */
export const keptRooms = new Kept<readonly string[]>('rooms', [])
/** Newest event that has been read, by conversation. */
export const keptReads = new KeptMap<number>('reads')
/** Newest message of each private conversation that has been closed: it is listed again when there is a newer one. */
export const keptClosed = new KeptMap<number>('closed')
/** Passwords of rooms, which each asks for once a visit. */
export const keptPasswords = new KeptMap<string>('doors', 'session')
/** Nicknames that a guest has blocked. */
export const keptBlocks = new Kept<readonly string[]>('blocks', [])
/** Texts that are being written, by conversation. */
export const keptDrafts = new KeptMap<string>('drafts')
