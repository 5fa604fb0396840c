import { BoundedMap } from '../bounded-map.ts'
import type { EngineBroadcast } from '../engine/engine.ts'
import { NodeQuestion } from './node-question.ts'
import type { Identity } from './sanctions.ts'

/** Maximum guests, each in each of its rooms, whose addresses are remembered. */
const MAX_AUTHORS = 16_384
/** Age from which on an address is not the guest's any more: somebody else may have it by now, or the nickname. */
const MAX_AGE_MS = 3_600_000

/** The address from which a guest has last spoken in a room. */
interface LastAddress {
  /** See {@link Identity.addressDigest}. */
  readonly digest: string
  /** In ms since the epoch. */
  readonly at: number
}

interface Question {
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
    this.#question = new NodeQuestion(broadcast, 'authors', (question) => ({ last: this.#latest(question) }))
  }

  /** Notes a guest who may speak in a room, when that is checked: at its first message, and each second while it goes on. */
  note(room: number, { key, addressDigest: digest }: Identity): void {
    if (digest === undefined) return
    this.#last.set(placeOf({ room, key }), { digest, at: Date.now() })
  }

  /** Resolves with the digest of the address from which a guest has last spoken in a room within an hour, on any node that answers. */
  async find(room: number, key: string): Promise<string | undefined> {
    const question = { room, key }
    const { answers } = await this.#question.ask(question).catch(() => ({ answers: [] }))
    const known = [this.#latest(question), ...answers.map(({ last }) => last)]
    return known.reduce((latest, last) => (last && (!latest || last.at > latest.at) ? last : latest), undefined)?.digest
  }

  #latest(question: Question): LastAddress | undefined {
    const last = this.#last.get(placeOf(question))
    return last && Date.now() - last.at <= MAX_AGE_MS ? last : undefined
  }
}

function placeOf({ room, key }: Question): string {
  return `${room} ${key}`
}
