import { type Descriptors, RESERVED_DESCRIPTORS } from './descriptors.ts'
import type { DisconnectReason } from './disconnect.ts'
import { type ClientAddress, IPV6_PREFIX, networkOf } from './network.ts'

export interface AdmissionOptions {
  /** Connections of all protocols together; 0 means without bound. */
  readonly maxConnections: number
  /** Connections from one address; 0 means without bound. */
  readonly maxPerAddress: number
  /** Whether there is no memory for more connections. */
  readonly exhausted?: () => boolean
  /** Those that connections need; unbounded where nothing is given. */
  readonly descriptors?: Pick<Descriptors, 'refuse'> | undefined
  /** Bits of an IPv6 address that count as the address; as in {@link networkOf} if not given. */
  readonly ipv6Prefix?: number
}

/** How long a connection over a bound waits for another one to end, in ms. */
const PATIENCE_MS = 500
/** Connections that may wait at the same time. */
const MOST_WAITING = 1_024
/** Connections over a bound that are at least counted, so that they can be told. */
const LEAST_OVER = 64

/** Counts connections over all listeners and says who may come in. */
export class Admission {
  readonly #options: AdmissionOptions
  /** File descriptors that must stay free. */
  readonly #reserve: number
  readonly #byAddress = new Map<string, number>()
  #count = 0
  /** Attempts of connections over a bound, oldest first; each returns whether its connection has been let in. */
  readonly #waiting = new Set<() => boolean>()

  constructor(options: AdmissionOptions, reserve = RESERVED_DESCRIPTORS) {
    this.#options = options
    this.#reserve = reserve
  }

  /**
   * Separate counts with wider bounds: for connections that may turn out to be over the bounds, or wait for a place. Half of the
   * reserved file descriptors may be taken by them.
   */
  wider(): Admission {
    const { maxConnections, maxPerAddress, ipv6Prefix = IPV6_PREFIX, descriptors } = this.#options
    const raised = (bound: number) => (bound > 0 ? bound + Math.min(Math.max(bound, LEAST_OVER), MOST_WAITING) : 0)
    const bounds = { maxConnections: raised(maxConnections), maxPerAddress: raised(maxPerAddress) }
    return new Admission({ ...bounds, ipv6Prefix, descriptors }, this.#reserve / 2)
  }

  /** Called once for each connection and each request through a proxy: everything that counts by address counts by the result. */
  identify(address: string): ClientAddress {
    return { full: address, network: networkOf(address, this.#options.ipv6Prefix) }
  }

  get count(): number {
    return this.#count
  }

  /**
   * Undefined when a connection from that address may come in; then {@link leave} is owed. Without an address (a proxy's,
   * through which anybody may come) it counts among all only.
   */
  refuse(address: string | undefined): DisconnectReason | undefined {
    const { maxConnections, descriptors } = this.#options
    if (this.#options.exhausted?.()) return 'out-of-memory'
    if (maxConnections > 0 && this.#count >= maxConnections) return 'too-many-connections'
    if (descriptors?.refuse(this.#reserve)) return 'unavailable'
    const refused = address === undefined ? undefined : this.refuseClient(address)
    if (!refused) this.#count++
    return refused
  }

  leave(address: string | undefined): void {
    this.#count--
    if (address !== undefined) this.#leave(address)
    this.#freed()
  }

  /** The same for one who comes through a proxy's connection, which is counted among all; {@link leaveClient} is owed. */
  refuseClient(address: string): DisconnectReason | undefined {
    const { maxPerAddress } = this.#options
    const same = this.#byAddress.get(address) ?? 0
    if (maxPerAddress > 0 && same >= maxPerAddress) return 'too-many-from-address'
    this.#byAddress.set(address, same + 1)
    return undefined
  }

  leaveClient(address: string): void {
    this.#leave(address)
    this.#freed()
  }

  /**
   * Retries an attempt that was refused whenever a connection has ended: a crowd that reconnects may come before its previous
   * connections are gone. Resolves with undefined once `attempt` returns that, otherwise after half a second with its reason.
   */
  retry(attempt: () => DisconnectReason | undefined, refused: DisconnectReason): Promise<DisconnectReason | undefined> {
    if (this.#waiting.size >= MOST_WAITING) return Promise.resolve(refused)
    const { promise, resolve } = Promise.withResolvers<DisconnectReason | undefined>()
    const enter = () => {
      const reason = attempt()
      if (reason === undefined) resolve(undefined)
      return reason === undefined
    }
    this.#waiting.add(enter)
    const timer = setTimeout(resolve, PATIENCE_MS, refused).unref()
    return promise.finally(() => {
      clearTimeout(timer)
      this.#waiting.delete(enter)
    })
  }

  #freed(): void {
    for (const enter of this.#waiting) if (enter()) this.#waiting.delete(enter)
  }

  #leave(address: string): void {
    const same = (this.#byAddress.get(address) ?? 1) - 1
    if (same > 0) this.#byAddress.set(address, same)
    else this.#byAddress.delete(address)
  }
}
