import { BoundedMap } from '../../bounded-map.ts'
import { fold } from '../../chat/names.ts'
import { type Event, idAt, timeOf } from '../../engine/event.ts'

/** Maximum nicknames that are remembered. */
const MAX_NICKS = 1_000
/** Maximum rooms of a nickname whose latest `joined` is remembered. */
const MAX_ROOMS = 16

/** The end of a nickname that clients have been shown, as QUIT or NICK. */
interface End {
  /** The folded nickname. */
  readonly key: string
  readonly moment: number
  /** The nickname that its user has from then on; undefined behind QUIT. */
  readonly next: string | undefined
  /** Ids of the rooms in which the client has been shown the nickname since. */
  readonly backIn: ReadonlySet<number>
}

const NOWHERE: ReadonlySet<number> = new Set()
/** The ends that events tell: each is one object for all sessions, of which many remember it. */
const endsTold = new WeakMap<Event, End>()

/** Returns a number by which events of all rooms are in order: the id, but the time alone of an id that is ahead of the clock. */
function momentOf({ id, at }: Event): number {
  return timeOf(id) === at ? id : idAt(at)
}

/** Returns the nickname that ends with an event: clients are told once, for all channels. */
export function endedBy({ kind, from, details: { quit, renamed } = {} }: Event): string | undefined {
  if (kind === 'left') return quit ? from : undefined
  return kind === 'joined' ? renamed : undefined
}

/** Returns the end of a nickname that an event tells, as it is before that has been shown again anywhere. */
function endOf(event: Event, ended: string): End {
  const told = endsTold.get(event)
  if (told) return told
  const next = event.kind === 'joined' ? event.from : undefined
  const end = { key: fold(ended), moment: momentOf(event), next, backIn: NOWHERE }
  endsTold.set(event, end)
  return end
}

/** Returns true for events that tell who is in a room. */
export function tellsPresence({ kind }: Event): boolean {
  return kind === 'joined' || kind === 'left' || kind === 'kicked'
}

/** The latest `joined` of nicknames in each of the rooms of a wire. */
export class LatestJoins {
  /** Moments by room, by folded nickname. */
  readonly #byKey = new BoundedMap<string, BoundedMap<number, number>>(MAX_NICKS)

  note(event: Event): void {
    if (event.kind !== 'joined') return
    const key = fold(event.from)
    const moments = this.#byKey.get(key) ?? new BoundedMap(MAX_ROOMS)
    this.#byKey.set(key, moments.set(event.room, momentOf(event)))
  }

  /** Returns true if somebody has come into another one of these rooms under the nickname that an event ends, behind that; undefined means all rooms. */
  isBehindEnd(event: Event, rooms?: ReadonlyMap<number, unknown>): boolean {
    const ended = endedBy(event)
    const moments = ended === undefined ? undefined : this.#byKey.get(fold(ended))
    if (!moments) return false
    const end = momentOf(event)
    for (const [room, moment] of moments)
      if (room !== event.room && moment > end && (rooms?.has(room) ?? true)) return true
    return false
  }
}

/**
 * The nicknames whose end a client has been shown. QUIT and NICK are for all channels, but each room has a log of its own, and with Redis one
 * may be behind another. Ids tell what was first, and which user a nickname means:
 *
 * - The end of a nickname is shown as the first room tells it, and again only by rooms in which the client has been shown the nickname since.
 * - A JOIN, PART or KICK from before that end is shown with the nickname that the user has now, and not at all behind QUIT.
 * - An end from before a JOIN of that nickname in another channel is another user's: it is a PART, and behind NICK a JOIN, in its channel alone.
 */
export class GoneNicks {
  readonly #ends = new BoundedMap<string, End>(MAX_NICKS)
  /** Folded nicknames, with a room, which were taken from the client there for another user's. */
  readonly #taken = new BoundedMap<string, true>(MAX_NICKS)

  get size(): number {
    return this.#ends.size
  }

  /** Returns true if some of these folded nicknames are remembered: the client may be shown something else than their events. */
  hasSome(keys: readonly string[]): boolean {
    return this.#ends.size > 0 && keys.some((key) => this.#ends.has(key))
  }

  /** Notes that these users are in a room, of which the client is told otherwise than by events. */
  listed(names: readonly string[], room: number): void {
    for (const name of names) this.#noteShown(name, room)
  }

  /**
   * Notes an event that tells who is in a room, and returns the events that the client is shown instead. `isApart`: somebody else has that
   * nickname by now in another room of the client.
   */
  shown(event: Event, isApart = false): readonly Event[] {
    const ended = endedBy(event)
    if (ended !== undefined) return this.#ended(event, ended, isApart)
    // Behind it comes the `joined` that tells it.
    if (event.details?.renamed !== undefined) return [event]
    const isKick = event.kind === 'kicked'
    const name = (isKick ? event.to : event.from) ?? ''
    const end = this.#ends.get(fold(name))
    // A user that leaves a room has been there before: it may be the one whose change of nickname was refused there.
    const isFormer = event.kind !== 'joined' && end !== undefined && !end.backIn.has(event.room)
    const now = this.#nickNow(name, isFormer ? 0 : momentOf(event))
    if (now === undefined) return []
    if (event.kind === 'joined') this.#noteShown(now, event.room)
    else this.#note(now, event.room, false)
    if (now === name) return [event]
    return [isKick ? { ...event, to: now } : { ...event, from: now }]
  }

  #ended(event: Event, ended: string, isApart: boolean): readonly Event[] {
    const { details: _, ...plain } = event
    const { room } = event
    const told = endOf(event, ended)
    const { key, moment, next } = told
    const end = this.#ends.get(key)
    if (end && !end.backIn.has(room)) {
      const now = next === undefined ? undefined : this.#nickNow(next, moment)
      if (now === undefined) return []
      this.#note(now, room, true)
      return this.#taken.delete(`${room} ${fold(now)}`) ? [{ ...plain, from: now }] : []
    }
    if (isApart) {
      this.#note(ended, room, false)
      this.#taken.set(`${room} ${key}`, true)
    } else this.#ends.set(key, told)
    if (next !== undefined) this.#note(next, room, true)
    if (!isApart) return [event]
    const parting: Event = { ...plain, kind: 'left', from: ended, body: '' }
    return next === undefined ? [parting] : [parting, plain]
  }

  #noteShown(name: string, room: number): void {
    this.#note(name, room, true)
    this.#taken.delete(`${room} ${fold(name)}`)
  }

  /** Notes that the client has been shown a nickname in a room, or no longer. */
  #note(name: string, room: number, isThere: boolean): void {
    const end = this.#ends.get(fold(name))
    if (!end || end.backIn.has(room) === isThere) return
    const others = [...end.backIn].filter((other) => other !== room)
    this.#ends.set(end.key, { ...end, backIn: new Set(isThere ? [...others, room] : others) })
  }

  /** Returns the nickname by which the client knows the user that had a nickname at a moment; undefined if it has been shown the QUIT. */
  #nickNow(name: string, moment: number): string | undefined {
    for (let [now, from] = [name, moment]; ; ) {
      const end = this.#ends.get(fold(now))
      if (!end || end.moment <= from) return now
      if (end.next === undefined) return undefined
      ;[now, from] = [end.next, end.moment]
    }
  }
}
