import type { FastifyRequest } from 'fastify'
import { BoundedMap } from '../../bounded-map.ts'
import type { Author } from '../../chat/authors.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { type PaceOptions, type Pacing, RateBucket } from '../../transport/rate.ts'
import { Problem } from './problems.ts'

/** Maximum senders whose pace is remembered. */
const MAX_SENDERS = 65_536

interface Pace {
  readonly options: PaceOptions
  readonly bucket: RateBucket
  /** Time until which the sender is over its rate, in ms of `performance.now()`. */
  until: number
}

/** The rates of authors: of an account by its name, of guests by their address, whatever the number of their connections. */
export class Pacer {
  readonly #pacing: Pacing
  readonly #requests: HttpServices['requests']
  /** By sender, least recently used first. */
  readonly #paces = new BoundedMap<string, Pace>(MAX_SENDERS)

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
    const { until = 0 } = this.#paces.get(senderOf(author)) ?? {}
    return Math.max(0, until - performance.now())
  }

  count(author: Author, options: PaceOptions, messages: number): void {
    if (options.rate === 0) return
    const sender = senderOf(author)
    const now = performance.now()
    const known = this.#paces.get(sender)
    const pace = known?.options === options ? known : { options, bucket: new RateBucket(options, now), until: 0 }
    pace.until = now + pace.bucket.take(now, messages)
    this.#paces.set(sender, pace)
  }

  paceOf(request: FastifyRequest, { isBot }: Author): PaceOptions {
    const { full, guest, trusted } = this.#pacing
    return isBot || trusted.has(this.#requests.clientOf(request).full) ? full : guest
  }
}

function senderOf({ registered, key, address }: Author): string {
  return registered ? `account ${key}` : `address ${address}`
}
