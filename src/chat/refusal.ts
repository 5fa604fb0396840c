import { Closed, Full, Gone, Unavailable } from '../engine/errors.ts'

/**
 * The requests that the core can refuse, by code. Each protocol has one exhaustive table with its answer to each of them; the session
 * goes on as if nothing had been asked.
 */
export type RefusalCode =
  | 'name-invalid'
  | 'name-reserved'
  /** The nickname is an account's already. */
  | 'name-taken'
  /** Another session uses the nickname. */
  | 'name-in-use'
  /** The nickname is no account's. */
  | 'name-unknown'
  /** A new password with less than 8 or more than 128 characters. */
  | 'secret-invalid'
  | 'secret-wrong'
  /** Too many failed attempts or new accounts from this address within a minute; nothing was checked. */
  | 'too-many-attempts'
  /** No more accounts may be made from this address today. */
  | 'too-many-accounts'
  /** The nickname is held in the room that is being joined. */
  | 'name-in-room'
  | 'room-name-invalid'
  /** The room needs a password. */
  | 'room-private'
  | 'room-unknown'
  /** No more rooms may be made, at all or from this address. */
  | 'too-many-rooms'
  /** The title or slug is another room's. */
  | 'room-taken'
  /** Not the room's password. */
  | 'password-wrong'
  /** Too short, or too long. */
  | 'password-invalid'
  /** The session is not a member of the room, or not any more. */
  | 'not-in-room'
  | 'text-empty'
  | 'text-too-long'
  /** The addressee is not in the room. */
  | 'nobody-here'
  /** The addressee is in the room through a protocol that carries no private messages. */
  | 'no-private-messages'
  /** Something after the id asked for may be missing. */
  | 'history-gone'
  /** The user, or its address, is banned from the room. */
  | 'banned'
  /** Only invited users may join the room. */
  | 'invite-only'
  /** The room has as many members as its limit allows. */
  | 'room-full'
  /** The user may not speak in the room. */
  | 'muted'
  /** Only operators and voiced users may speak in the room. */
  | 'moderated'
  /** The room's time between two messages of a user is not over; the limit is the time left, in seconds. */
  | 'slow-mode'
  /** The user's role does not allow the request. */
  | 'not-permitted'
  /** There is no such message in the room. */
  | 'message-unknown'
  /** The room has the maximum number of bans, mutes and other roles. */
  | 'too-many-roles'
  /** The user has reached the maximum number of blocks. */
  | 'too-many-blocks'
  /** Only the owner of an account may do that. */
  | 'account-required'
  | 'admin-required'
  /** Not a network, one that is too large, or the client's own. */
  | 'invalid-network'
  /** The server has the maximum number of bans of addresses. */
  | 'too-many-address-bans'
  /** The account has no session with this id. */
  | 'session-unknown'
  /** There is no session under the nickname. */
  | 'user-unknown'
  /** The access token does not allow the request. */
  | 'token-scope'
  /** The name, rights or end of a new access token are invalid, or too many rooms. */
  | 'token-invalid'
  /** The account has an access token of this name. */
  | 'token-taken'
  /** The account has no access token of this name. */
  | 'token-unknown'
  /** The account has the maximum number of access tokens. */
  | 'too-many-tokens'
  /** The engine cannot commit now; the client may try again. */
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
  if (error instanceof Full) throw new Refusal('room-full')
  if (error instanceof Closed) throw new Refusal('not-in-room')
  throw error
}
