import { BoundedMap } from '../../bounded-map.ts'
import { type PaceOptions, RateBucket } from '../rate.ts'

/** Maximum senders whose pace is remembered. */
const MAX_SENDERS = 65_536

interface Pace {
  readonly options: PaceOptions
  readonly bucket: RateBucket
  /** Time until which the sender is over its rate, in ms of `performance.now()`. */
  until: number
}

/** The rates of the senders of requests: one for all requests and connections of an account or address. */
export class RequestPaces {
  /** By sender, least recently used first. */
  readonly #paces = new BoundedMap<string, Pace>(MAX_SENDERS)

  /** Returns the time for which a sender is over its rate, in ms; 0 if it may send more. */
  waitOf(sender: string): number {
    const { until = 0 } = this.#paces.get(sender) ?? {}
    return Math.max(0, until - performance.now())
  }

  /** Counts messages of a sender. */
  count(sender: string, options: PaceOptions, messages: number): void {
    if (options.rate === 0) return
    const now = performance.now()
    const known = this.#paces.get(sender)
    const pace = known?.options === options ? known : { options, bucket: new RateBucket(options, now), until: 0 }
    pace.until = now + pace.bucket.take(now, messages)
    this.#paces.set(sender, pace)
  }
}
