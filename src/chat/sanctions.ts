import { type Event, hasEnded } from '../engine/event.ts'
import { fold } from './names.ts'
import { Refusal } from './refusal.ts'

/** A user as far as roles and sanctions concern it. */
export interface Identity {
  /** The folded nickname. */
  readonly key: string
  /** Id of the nickname's account; undefined for guests. */
  readonly accountId: string | undefined
  /** True for the owner of an admin's account. */
  readonly isAdmin: boolean
  /** Digest of the network address, see {@link AddressDigests}; undefined when unknown. */
  readonly addressDigest?: string | undefined
}

export type SanctionRole = 'banned' | 'muted'

/** A ban or mute of a nickname, or of all nicknames that match a mask. */
export interface Sanction {
  /** The nickname or mask as the moderator wrote it. */
  readonly to: string
  readonly by: string
  readonly why: string
  /** In ms since the epoch. */
  readonly at: number
  /** Its end, in ms since the epoch; undefined for good. */
  readonly until: number | undefined
  /** Digest of the address that it covers too, of guests. */
  readonly addressDigest: string | undefined
}

/** A user is refused something because of a ban or mute. */
export class SanctionRefusal extends Refusal {
  readonly sanction: Sanction

  constructor(code: SanctionRole, sanction: Sanction) {
    super(code)
    this.sanction = sanction
  }
}

/** Returns true for a nickname with wildcards. */
export function isMask(name: string): boolean {
  return name.includes('*')
}

/** Returns the sanction that a `role` event sets. */
export function sanctionOf({ from, to = '', body, at, details }: Event): Sanction {
  return { to, by: from, why: body, at, until: details?.until, addressDigest: details?.address }
}

/** The bans or the mutes of a room. The cost of {@link find} does not depend on the number of nicknames, and little on that of masks. */
export class Sanctions {
  readonly #byKey = new Map<string, Sanction>()
  readonly #byAddress = new Map<string, Set<Sanction>>()
  /** The texts between the wildcards of each mask. */
  readonly #masks = new Map<string, readonly string[]>()

  get masks(): number {
    return this.#masks.size
  }

  get size(): number {
    return this.#byKey.size
  }

  set(sanction: Sanction): void {
    const key = fold(sanction.to)
    this.remove(key)
    this.#byKey.set(key, sanction)
    if (isMask(key)) this.#masks.set(key, key.split('*'))
    const { addressDigest } = sanction
    if (addressDigest === undefined) return
    const covered = this.#byAddress.get(addressDigest) ?? new Set()
    this.#byAddress.set(addressDigest, covered.add(sanction))
  }

  /** Removes the sanction of a folded nickname or mask. */
  remove(key: string): void {
    const sanction = this.#byKey.get(key)
    if (!sanction) return
    this.#byKey.delete(key)
    this.#masks.delete(key)
    const { addressDigest = '' } = sanction
    const covered = this.#byAddress.get(addressDigest)
    covered?.delete(sanction)
    if (covered?.size === 0) this.#byAddress.delete(addressDigest)
  }

  /** Removes those that have ended before `now`, in ms since the epoch. */
  prune(now: number): void {
    for (const [key, sanction] of this.#byKey) if (hasEnded(sanction, now)) this.remove(key)
  }

  /** Returns a sanction of a user at `now`, in ms since the epoch. An account is sanctioned by its nickname only. */
  find({ key, accountId, addressDigest }: Identity, now: number): Sanction | undefined {
    const holds = (sanction: Sanction) => !hasEnded(sanction, now)
    const own = this.#byKey.get(key)
    if (own && holds(own)) return own
    for (const [mask, parts] of this.#masks) {
      const sanction = this.#byKey.get(mask)
      if (sanction && matches(parts, key) && holds(sanction)) return sanction
    }
    if (accountId !== undefined || addressDigest === undefined) return undefined
    return [...(this.#byAddress.get(addressDigest) ?? [])].find(holds)
  }

  /** The sanction that was given for a nickname or mask, folded, if it holds at `now`. */
  of(key: string, now: number): Sanction | undefined {
    const found = this.#byKey.get(key)
    return found && !hasEnded(found, now) ? found : undefined
  }

  /** The sanctions that hold at `now` and have a folded text in their nickname or mask, oldest first. */
  list(now: number, part = ''): Sanction[] {
    this.prune(now)
    const found = [...this.#byKey].filter(([key]) => key.includes(part))
    return found.map(([, sanction]) => sanction).sort((a, b) => a.at - b.at)
  }
}

/** Returns true if a folded nickname matches the texts between the wildcards of a mask, in linear time. */
export function matches(parts: readonly string[], key: string): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop() ?? ''
  if (!key.startsWith(first) || !key.endsWith(last) || key.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = key.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= key.length - last.length
}
