import type { FastifyRequest } from 'fastify'
import type { Author } from '../../chat/authors.ts'
import type { Chat } from '../../chat/chat.ts'
import type { Proof } from '../../chat/credentials.ts'
import type { AuthorInRoom } from '../../chat/posting.ts'
import type { Identity } from '../../chat/sanctions.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { ConnectionLimits } from '../../transport/connection-options.ts'

export interface RoomsApiOptions extends ConnectionLimits {
  readonly chat: Chat
  /** Maximum characters of a message. */
  readonly maxText: number
  /** Permission to read public rooms without authorization; `local` if only this machine can connect. */
  readonly publicRead: 'local' | 'always' | 'never'
  /** True if outgoing webhooks may go to loopback and private addresses. */
  readonly hooksPrivate: boolean
  /** Interval of the signs of life in streams. */
  readonly heartbeatMs?: number
}

/** The sender of a request: the owner of an account, a guest, or nobody. */
export interface Caller {
  readonly identity: Identity
  /** The nickname; undefined for nobody. */
  readonly name: string | undefined
  /** Proof of the account; undefined for guests and nobody. */
  readonly proof: Proof | undefined
  /** The author of what the request says; undefined for nobody. */
  readonly author: Author | undefined
  /** The address by which limits count. */
  readonly address: string
  /** Password of a room that the request shows, in the header `Room-Password`. */
  readonly password: string | undefined
}

/** Context of all routes. */
export interface RoomsApiContext extends RoomsApiOptions {
  /**
   * Identifies the sender of a request, and checks that it has a right.
   *
   * @throws {Problem} 401
   * @throws Refusal `token-scope`, `too-many-attempts`, `unavailable`; of a guest, `account-required`, `name-invalid`, `name-reserved`, `name-in-use`
   */
  authorize(request: FastifyRequest, right: 'read' | 'write'): Promise<Caller>
  /**
   * Checks that the sender of a request that takes long may still write: that its token has not ended, for instance.
   *
   * @throws {Problem} 401
   * @throws Refusal as {@link authorize} does
   */
  renew(request: FastifyRequest, caller: Caller): Promise<void>
  /**
   * Finds a room that a caller may read, by its slug.
   *
   * @throws {Problem} 404 for a room that does not exist, or whose password the caller cannot show
   * @throws Refusal `token-scope`, `banned`, `invite-only`, `too-many-attempts`, `unavailable`
   */
  readableRoom(caller: Caller, slug: string): Promise<RoomRecord>
  /**
   * Checks that a caller may still read a room, whose password it knew when the room was as `shown`, or did not need as its operator.
   *
   * @throws Refusal `room-private`, `banned`, `invite-only`, `unavailable`
   */
  checkReader(caller: Caller, room: RoomRecord, shown: RoomRecord): Promise<void>
  /**
   * Finds or makes a room, by its slug, in which a caller may speak.
   *
   * @throws {Problem} 401, 404 as {@link readableRoom}
   * @throws Refusal as `Posting.open` and `Posting.enter` do
   */
  enter(caller: Caller, slug: string): Promise<AuthorInRoom>
  /** Does what {@link enter} does for a room that exists. @throws {Problem} 404 */
  visit(caller: Caller, slug: string): Promise<AuthorInRoom>
}

/** Path parameters of a room's routes. */
export interface RoomPath {
  Params: { room: string }
}
