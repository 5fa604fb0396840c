import type { ClaimOptions, Member } from '../memberships.ts'
import { skeletonsOf } from '../skeleton.ts'
import type { RedisConnection } from './connection.ts'
import type { Keys } from './keys.ts'

/** A name that this node holds in a room. */
export interface Claim {
  readonly room: number
  readonly key: string
  /** The name as the user writes it; undefined for a claim that began as a shared one, whose look is not noted. */
  readonly name: string | undefined
  /** Unique among all claims. */
  readonly token: string
}

/** Suffix of the token of a claim that does not carry private messages. */
const WITHOUT_PRIVATE = '-'

/** Returns a token: the node, a number, and what is known of the holder. */
export function tokenOf(node: string, number: number, options: Omit<ClaimOptions, 'shared'>): string {
  const { carriesPrivate = true, client, address } = options
  const suffixes = [client && `~${client}`, carriesPrivate || WITHOUT_PRIVATE, address && `@${address}`]
  return `${node}.${number}${suffixes.filter((suffix) => typeof suffix === 'string').join('')}`
}

/** Parses a value of the hash of names (scripts/claims.lua): the holder, and the place in the order of claiming. */
export function memberOf(held: string): (Member & { readonly place: number }) | undefined {
  const [, place, list, name] = /^(\d+) (\S+) (.*)$/s.exec(held) ?? []
  if (list === undefined || name === undefined) return undefined
  const tokens = list.split(',').filter((token) => token !== '*')
  const [own = '', address] = tokens.at(-1)?.split('@') ?? []
  const [, client] = list.startsWith('*') ? [] : (/~(\w+)/.exec(own) ?? [])
  const carriesPrivate = own !== '' && tokens.some((token) => !token.split('@')[0]?.endsWith(WITHOUT_PRIVATE))
  const known = { ...(address !== undefined && { address }), ...(client !== undefined && { client }) }
  return { place: Number(place), name, carriesPrivate, ...known }
}

/** Adds the entries of a claim outside its room's slot: to {@link Keys.heldIn} and to the lists of {@link Keys.look}. */
export function note(on: Pick<RedisConnection, 'call'>, keys: Keys, claim: Claim): readonly Promise<unknown>[] {
  return [
    on.call(keys.heldIn(claim.key), 'SADD', noteOf(claim)),
    ...looksOf(keys, claim).map((look) => on.call(look, 'RPUSH', lookOf(claim))),
  ]
}

/** Removes the entries of a claim outside its room's slot. */
export async function unnote(on: Pick<RedisConnection, 'call'>, keys: Keys, claim: Claim): Promise<void> {
  await Promise.all([
    on.call(keys.heldIn(claim.key), 'SREM', noteOf(claim)),
    ...looksOf(keys, claim).map((look) => on.call(look, 'LREM', '1', lookOf(claim))),
  ])
}

function noteOf({ room, token }: Claim): string {
  return `${room} ${token}`
}

function lookOf({ room, token, key }: Claim): string {
  return `${room} ${token} ${key}`
}

function looksOf(keys: Keys, { name }: Claim): string[] {
  return name === undefined ? [] : skeletonsOf(name).map((skeleton) => keys.look(skeleton))
}
