import { NONCE_MS } from '../engine/event.ts'
import type { Records } from '../engine/typed-records.ts'
import { fold } from './names.ts'
import { Refusal, refuse } from './refusal.ts'
import { digestOf } from './secrets.ts'
import type { Speaker } from './speaker.ts'

/** A request that is done once. */
export interface KeyedRequest {
  readonly author: Speaker
  /** The place to which the key belongs: the id of a room, or the nickname of an addressee. */
  readonly place: number | string
  readonly key: string
  /** Text that is the same for the same request only. */
  readonly request: string
}

/** The result of a request that has been done. */
export interface Done<T> {
  readonly result: T
}

/** Requests that are done once for a key that their author has chosen. */
export class KeyedRequests {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  /**
   * Does a request of an author, which is kept under its key for a day, unless it is refused: nobody can fill the store with requests that do
   * nothing. Resolves with undefined, and nothing is done, if an earlier one with this key was another request.
   *
   * @throws Refusal `unavailable`, and what `act` refuses.
   */
  async once<T>({ author, place, key, request }: KeyedRequest, act: () => Promise<T>): Promise<Done<T> | undefined> {
    const records = this.#records
    const digest = digestOf(request)
    const id = digestOf(JSON.stringify([typeof place === 'string' ? fold(place) : place, author.key, key]))
    const expiresAt = Date.now() + NONCE_MS
    const isFirst = await records.insert('request', id, digest, { expiresAt }).catch(refuse)
    const kept = isFirst ? digest : await records.insertOrGet('request', id, digest, { expiresAt }).catch(refuse)
    if (kept !== digest) return undefined
    try {
      return { result: await act() }
    } catch (error) {
      // What is not known to be refused may have been done; so may an earlier request, of which this one is a repetition.
      if (isFirst && error instanceof Refusal && error.code !== 'unavailable')
        await records.delete('request', id).catch(() => {})
      throw error
    }
  }
}
