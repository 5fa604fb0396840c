import { AddressList } from '../../src/transport/address-list.ts'
import type { PaceOptions, Pacing } from '../../src/transport/rate.ts'

/** One pace for all clients. */
export function evenPacing(pace: PaceOptions): Pacing {
  return { full: pace, guest: pace, trusted: new AddressList([]) }
}
