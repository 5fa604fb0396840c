import { BoundedMap } from '../bounded-map.ts'
import type { EngineBroadcast } from '../engine/engine.ts'
import { NodeQuestion } from './node-question.ts'
import type { Identity } from './sanctions.ts'

/** Maximum guests, each in each of its rooms, whose addresses are remembered. */
const MAX_AUTHORS = 16_384

/** The address from which a guest has last spoken in a room. */
interface LastAddress {
  /** See {@link Identity.addressDigest}. */
  readonly digest: string
  /** In ms since the epoch. */
  at: number
}

interface Question {
  /** Id of the room. */
  readonly room: number
  /** The folded nickname. */
  readonly key: string
}

/**
 * The addresses of guests who have spoken in rooms without being members, so that a ban or mute covers them. Each node remembers those
 * that have spoken on it, and asks the others; nothing is stored.
 */
export class AuthorAddresses {
  /** By room and folded nickname, oldest first. */
  readonly #last = new BoundedMap<string, LastAddress>(MAX_AUTHORS)
  readonly #question: NodeQuestion<Question, { readonly last: LastAddress | undefined }>

  constructor(broadcast: EngineBroadcast) {
    this.#question = new NodeQuestion(broadcast, 'authors', (question) => ({ last: this.#last.get(placeOf(question)) }))
  }

  /** Notes a guest who speaks in a room. Changed in place: this runs for every message of an author. */
  note(room: number, { key, addressDigest: digest }: Identity): void {
    if (digest === undefined) return
    const place = placeOf({ room, key })
    const last = this.#last.get(place)
    if (last?.digest === digest) last.at = Date.now()
    else this.#last.set(place, { digest, at: Date.now() })
  }

  /** Resolves with the digest of the address from which a guest has last spoken in a room, on any node that answers. */
  async find(room: number, key: string): Promise<string | undefined> {
    const question = { room, key }
    const { answers } = await this.#question.ask(question).catch(() => ({ answers: [] }))
    const known = [this.#last.get(placeOf(question)), ...answers.map(({ last }) => last)]
    return known.reduce((latest, last) => (last && (!latest || last.at > latest.at) ? last : latest), undefined)?.digest
  }
}

function placeOf({ room, key }: Question): string {
  return `${room} ${key}`
}
