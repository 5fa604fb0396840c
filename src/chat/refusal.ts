import { Closed, Gone, Unavailable } from '../engine/engine.ts'

/**
 * The requests that the core can refuse, by code. Each protocol has one exhaustive table with its answer to each of them; the session
 * goes on as if nothing had been asked.
 */
export type RefusalCode =
  | 'name-invalid'
  | 'name-reserved'
  /** There is an account of that name. */
  | 'name-taken'
  /** Somebody else is here under it. */
  | 'name-in-use'
  /** There is no account of that name. */
  | 'name-unknown'
  /** Empty, or over 128 characters. */
  | 'secret-invalid'
  | 'secret-wrong'
  /** Too many failures from this address within a minute, or accounts made; nothing was checked. */
  | 'too-many-attempts'
  /** No more accounts may be made from this address today. */
  | 'too-many-accounts'
  /** The name is held in the room that is being entered. */
  | 'name-in-room'
  | 'room-name-invalid'
  /** The room needs a password. */
  | 'room-private'
  | 'room-unknown'
  /** No more rooms may be made, at all or from this address. */
  | 'too-many-rooms'
  /** There is a room of that title or line name. */
  | 'room-taken'
  /** The room's password is another one. */
  | 'password-wrong'
  /** Too short, or too long. */
  | 'password-invalid'
  /** The session is in no room, or not any more. */
  | 'not-in-room'
  | 'text-empty'
  | 'text-too-long'
  /** The addressee is not in the room. */
  | 'nobody-here'
  /** The addressee is in the room through a protocol that carries no private messages. */
  | 'no-private-messages'
  /** Something after the id asked for may be missing. */
  | 'history-gone'
  /** A name blocks a great many already. */
  | 'too-many-blocks'
  /** The engine cannot commit now; trying again is worth it. */
  | 'unavailable'

export class Refusal extends Error {
  override name = 'Refusal'
  readonly code: RefusalCode
  /** The limit that was exceeded, where the code names one. */
  readonly limit: number | undefined
  /** The scope of the limit, where it is not the whole server. */
  readonly of: 'address' | undefined

  constructor(code: RefusalCode, limit?: number, of?: 'address') {
    super(code)
    this.code = code
    this.limit = limit
    this.of = of
  }

  /** The limit as a text tells it: `50`, or `50 from your address`. */
  get bound(): string | undefined {
    return this.of ? `${this.limit} from your ${this.of}` : this.limit?.toString()
  }
}

/** Throws the refusal that corresponds to an error of the engine, or the error itself. */
export function refuse(error: unknown): never {
  if (error instanceof Unavailable) throw new Refusal('unavailable')
  if (error instanceof Gone) throw new Refusal('history-gone')
  if (error instanceof Closed) throw new Refusal('not-in-room')
  throw error
}
