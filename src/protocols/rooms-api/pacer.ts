import type { FastifyRequest } from 'fastify'
import type { Author } from '../../chat/authors.ts'
import { RequestPaces } from '../../transport/http/paces.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import type { PaceOptions, Pacing } from '../../transport/rate.ts'
import { Problem } from './problems.ts'

/** The rates of authors: of an account by its name, of guests by their address, whatever the number of their connections. */
export class Pacer {
  readonly #pacing: Pacing
  readonly #requests: HttpServices['requests']
  readonly #paces = new RequestPaces()

  constructor(pacing: Pacing, requests: HttpServices['requests']) {
    this.#pacing = pacing
    this.#requests = requests
  }

  /** @throws {Problem} 429 for an author who is over the rate */
  check(author: Author): void {
    const waitMs = this.waitOf(author)
    if (waitMs > 0) throw new Problem(429, 'too-fast', 'Too fast', Math.ceil(waitMs / 1_000))
  }

  /** Returns the time for which an author is over the rate, in ms; 0 if it may say more. */
  waitOf(author: Author): number {
    return this.#paces.waitOf(senderOf(author))
  }

  count(author: Author, pace: PaceOptions, messages: number): void {
    this.#paces.count(senderOf(author), pace, messages)
  }

  /** Returns the rate of an author. */
  paceOf(request: FastifyRequest, { isBot }: Author): PaceOptions {
    const { full, guest, trusted } = this.#pacing
    return isBot || trusted.has(this.#requests.clientOf(request).full) ? full : guest
  }
}

function senderOf({ registered, key, address }: Author): string {
  return registered ? `account ${key}` : `address ${address}`
}
