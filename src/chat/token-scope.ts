import { fold } from './names.ts'
import { Refusal } from './refusal.ts'

export const TOKEN_RIGHTS = ['read', 'write'] as const
export type TokenRight = (typeof TOKEN_RIGHTS)[number]

/** The limits of an access token (docs/protocols/rooms-api.md, section 1). */
export interface TokenScope {
  /** The folded slugs of the only rooms that it is for; all of the account's without them. */
  readonly rooms?: readonly string[] | undefined
  readonly rights: readonly TokenRight[]
}

/** An access token as far as it concerns those who have shown it. */
export interface TokenIdentity {
  /** The key of its record, which is gone when it is revoked. */
  readonly digest: string
  /** The name that the owner of the account has given it. */
  readonly name: string
  /** See `accountId`. */
  readonly accountId: string
  readonly scope: TokenScope
  /** Its end in ms since the epoch. */
  readonly until?: number | undefined
}

/** Returns true for a scope that allows everything that the account may do. */
export function isFullScope({ rooms, rights }: TokenScope): boolean {
  return rooms === undefined && TOKEN_RIGHTS.every((right) => rights.includes(right))
}

/** Returns true if a scope has a right in the room with a slug; without a slug, a right outside of rooms, such as to the inbox. */
export function isInScope({ rooms, rights }: TokenScope, right: TokenRight, slug?: string): boolean {
  return rights.includes(right) && (rooms === undefined || (slug !== undefined && rooms.includes(fold(slug))))
}

/** The part of a session that its token limits; without a scope it may do what its user may. */
interface Limited {
  readonly scope: TokenScope | undefined
}

/** Checks that a session may use a right in the room with a slug, or outside of rooms. @throws Refusal `token-scope`. */
export function checkScope({ scope }: Limited, right: TokenRight, slug?: string): void {
  if (scope && !isInScope(scope, right, slug)) throw new Refusal('token-scope')
}

/** Checks that no token limits a session, as for changes of its account. @throws Refusal `token-scope`. */
export function checkUnlimited({ scope }: Limited): void {
  if (scope) throw new Refusal('token-scope')
}
