import type { Member } from '../engine.ts'

/** A name that this node holds in a room. */
export interface Claim {
  readonly room: number
  readonly key: string
  /** No other claim has the same. */
  readonly token: string
}

/** Ends the token of a claim that no private messages reach. */
const WITHOUT_PRIVATE = '-'

export function tokenOf(node: string, number: number, carriesPrivate: boolean): string {
  return `${node}.${number}${carriesPrivate ? '' : WITHOUT_PRIVATE}`
}

/** Who holds a name, and as which of all that have held one in the room. `held` is what scripts/claims.lua writes. */
export function memberOf(held: string): (Member & { readonly place: number }) | undefined {
  const [, place, list, name] = /^(\d+) (\S+) (.*)$/s.exec(held) ?? []
  if (list === undefined || name === undefined) return undefined
  const carriesPrivate = list.split(',').some((token) => token !== '*' && !token.endsWith(WITHOUT_PRIVATE))
  return { place: Number(place), name, carriesPrivate }
}

/** What stands of it in the name's slot. */
export function noteOf({ room, token }: Claim): string {
  return `${room} ${token}`
}
