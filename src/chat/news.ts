import type { EngineBroadcast } from '../engine/engine.ts'

/** A signal from a user to a room or user, such as that it is typing, or a request of one client to another (CTCP of IRC). */
export interface Signal {
  readonly kind: 'signal'
  /** Id of the session that it comes from. */
  readonly session: string
  readonly from: string
  readonly verified: boolean
  /** Id of the room that it is for; undefined for one to a user. */
  readonly room?: number | undefined
  /** Nickname of the user that it is for. */
  readonly to?: string | undefined
  /** Undefined for one that consists of tags. */
  readonly text?: string | undefined
  readonly isNotice?: boolean
  readonly msgid?: string
  /** Client-only tags (IRCv3, "Message Tags"). */
  readonly tags: Readonly<Record<string, string>>
}

/** Something about users that is told at once, on all nodes, and not stored. */
export type News =
  /** The first session of a nickname on a node has begun, or the last one there has ended. */
  | { readonly kind: 'online' | 'offline'; readonly name: string; readonly verified: boolean }
  /** A user is away, with a text, or is back. */
  | {
      readonly kind: 'away'
      readonly name: string
      readonly verified: boolean
      readonly text?: string | undefined
      readonly rooms: readonly number[]
    }
  /**
   * A guest has made an account of its nickname, for all sessions of its client, if it has one; or it has proved an account, whose nickname it has
   * in the rooms from then on.
   */
  | {
      readonly kind: 'registered'
      readonly name: string
      /** The nickname of the account that the guest has proved. */
      readonly account?: string
      readonly client?: string | undefined
      readonly rooms: readonly number[]
    }
  | {
      readonly kind: 'invited'
      readonly room: number
      readonly from: string
      readonly verified: boolean
      readonly to: string
    }
  | Signal

/** Subject of broadcasts between nodes. */
const SUBJECT = 'news'

/** Tells news to the listeners of all nodes. Other nodes may miss some, such as the end of the sessions of a node that has crashed. */
export class NewsChannel {
  readonly #broadcast: EngineBroadcast
  readonly #listeners = new Set<(news: News) => void>()

  constructor(broadcast: EngineBroadcast) {
    this.#broadcast = broadcast
    // Only this class writes what is received.
    broadcast.onBroadcast(SUBJECT, (text) => text !== undefined && this.#hand(JSON.parse(text)))
  }

  watch(listener: (news: News) => void): void {
    this.#listeners.add(listener)
  }

  tell(news: News): void {
    this.#broadcast.publish(SUBJECT, JSON.stringify(news))
    this.#hand(news)
  }

  #hand(news: News): void {
    for (const listener of this.#listeners) listener(news)
  }
}
