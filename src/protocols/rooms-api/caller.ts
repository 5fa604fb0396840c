import type { Author } from '../../chat/authors.ts'
import type { Proof } from '../../chat/credentials.ts'
import type { Identity } from '../../chat/sanctions.ts'

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

export interface Writer extends Caller {
  readonly author: Author
}
