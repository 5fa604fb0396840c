import type { FastifyRequest } from 'fastify'
import type { Chat } from '../../chat/chat.ts'
import type { Proof } from '../../chat/credentials.ts'
import type { Identity } from '../../chat/sanctions.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { ConnectionLimits } from '../../transport/connection-options.ts'

export interface RoomsApiOptions extends ConnectionLimits {
  readonly chat: Chat
  /** Maximum characters of a message. */
  readonly maxText: number
  /** Permission to read public rooms without authorization; `local` for a port that listens on a loopback address. */
  readonly publicRead: 'local' | 'always' | 'never'
}

/** The sender of a request: the owner of an account, a guest, or nobody. */
export interface Caller {
  readonly identity: Identity
  /** The nickname; undefined for nobody. */
  readonly name: string | undefined
  /** Proof of the account; undefined for guests and nobody. */
  readonly proof: Proof | undefined
  /** The address by which limits count. */
  readonly address: string
}

/** Context of all routes. */
export interface RoomsApiContext extends RoomsApiOptions {
  /**
   * Identifies the sender of a request, and checks that it has a right.
   *
   * @throws {Problem} 401, 403, 429
   */
  authorize(request: FastifyRequest, right: 'read' | 'write'): Promise<Caller>
  /**
   * Finds a room that a caller may read, by its slug.
   *
   * @throws {Problem} 404 for a room that does not exist, or whose password the caller cannot show
   * @throws Refusal `banned`, `invite-only`, `unavailable`
   */
  readableRoom(caller: Caller, slug: string): Promise<RoomRecord>
}
