/** The newest events of each conversation, kept in the browser so that they are there before the server is, or without it. */
import type { Conversation } from './conversation.ts'
import type { Happening } from './happening.ts'
import { Kept } from './storage.ts'

/** Events that are kept of a conversation, and characters of all of them. */
const MOST = 50
const MOST_LENGTH = 40_000
/** Conversations of which something is kept. */
const MOST_CONVERSATIONS = 30
const KEEP_MS = 30_000

function keptOf(key: string) {
  return new Kept<readonly Happening[]>(`past.${key}`, [])
}

/** Returns what is kept of a conversation, oldest first. */
export function pastOf({ key }: Conversation): readonly Happening[] {
  return keptOf(key).value
}

/** Forgets what is kept of a conversation. */
export function forgetPast({ key }: Conversation) {
  keptOf(key).value = []
}

/** Keeps the newest events now and then, and when the page is put away. */
export class PastKeeper {
  readonly #conversations: () => readonly Conversation[]
  readonly #newest = new WeakMap<Conversation, number>()

  /** `conversations` returns those of the present chat. */
  constructor(conversations: () => readonly Conversation[]) {
    this.#conversations = conversations
    setInterval(() => this.#keep(), KEEP_MS)
    addEventListener('pagehide', () => this.#keep())
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#keep()
    })
  }

  #keep() {
    for (const conversation of this.#conversations().slice(0, MOST_CONVERSATIONS)) {
      const { key, newestId, isLive, events } = conversation
      if (!isLive || newestId === 0 || this.#newest.get(conversation) === newestId) continue
      this.#newest.set(conversation, newestId)
      let length = 0
      const newest = events.filter(({ id }) => !conversation.redactionOf(id)).slice(-MOST)
      const fitting = newest.reverse().filter(({ body }) => (length += body.length + 200) <= MOST_LENGTH)
      keptOf(key).value = fitting.reverse()
    }
  }
}
