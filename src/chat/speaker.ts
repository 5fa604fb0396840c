import type { Identity } from './sanctions.ts'
import type { TokenScope } from './token-scope.ts'
import type { Asker } from './work-turns.ts'

/** A user who says or reads something: a session, or the author of a request without one. */
export interface Speaker extends Identity, Asker {
  readonly name: string
  /** True if the user has proved that it owns the account of the nickname. */
  readonly registered: boolean
  /** See {@link Session.client}. */
  readonly client?: string | undefined
  /** See {@link Session.wordDigest}. */
  readonly wordDigest?: string | undefined
  /** The limits of the access token that was the proof; undefined without limits. */
  readonly scope: TokenScope | undefined
  /** Colour of its messages, at protocols that have colours. */
  readonly color: string | undefined
  /** Name of the protocol for metrics. */
  readonly protocol: string
}

/**
 * Returns the nonce of a message as it is stored. It belongs to the nickname; that of a guest with a word also to the word, as another guest may
 * have the nickname next, and not to the client, whose address may change before it sends the message again. It may also have made the nickname
 * its account before.
 */
export function storedNonce({ wordDigest }: Speaker, nonce: string): string {
  // No client can send a slash.
  return wordDigest === undefined ? nonce : `${wordDigest}/${nonce}`
}
