import { type Descriptors, RESERVED_DESCRIPTORS } from './descriptors.ts'
import type { DisconnectReason } from './disconnect.ts'
import { type ClientAddress, IPV6_PREFIX, networkOf } from './network.ts'

/** Returns the ban of an address; undefined if it is not banned. */
export type BanOf = (address: string) => { readonly why: string } | undefined

interface AdmissionOptions {
  /** Maximum connections of all protocols together; 0 for no limit. */
  readonly maxConnections: number
  /** Maximum connections from one address; 0 for no limit. */
  readonly maxPerAddress: number
  /** Returns true while there is no memory for more connections. */
  readonly exhausted?: () => boolean
  /** File descriptors for connections; no limit if not given. */
  readonly descriptors?: Pick<Descriptors, 'refuse'> | undefined
  /** Returns the ban of an address, whose connections are refused. */
  readonly banOf?: BanOf
  /** Prefix length by which IPv6 addresses are counted; the default of {@link networkOf} if not given. */
  readonly ipv6Prefix?: number
}

/** Maximum time that a connection over a limit waits for another one to end. */
const RETRY_MS = 500
/** Maximum connections that wait at the same time. */
const MAX_WAITING = 1_024
/** Minimum number by which {@link Admission.wider} raises a limit. */
const MIN_RAISE = 64

/** Connection limits: counts the connections of all listeners, in total and by address, and refuses those over a limit. */
export class Admission {
  readonly #options: AdmissionOptions
  /** Number of file descriptors that stay free. */
  readonly #reserve: number
  readonly #byAddress = new Map<string, number>()
  #count = 0
  /** Retries of connections over a limit, oldest first; each returns true when its connection is admitted. */
  readonly #waiting = new Set<() => boolean>()

  constructor(options: AdmissionOptions, reserve = RESERVED_DESCRIPTORS) {
    this.#options = options
    this.#reserve = reserve
  }

  /** Number of the connections. */
  get count(): number {
    return this.#count
  }

  /**
   * Returns separate counts with higher limits: for TLS handshakes, whose connections may be refused afterwards. They may use half
   * of the reserved file descriptors.
   */
  wider(): Admission {
    const { maxConnections, maxPerAddress, ipv6Prefix = IPV6_PREFIX, descriptors } = this.#options
    const raised = (bound: number) => (bound > 0 ? bound + Math.min(Math.max(bound, MIN_RAISE), MAX_WAITING) : 0)
    const bounds = { maxConnections: raised(maxConnections), maxPerAddress: raised(maxPerAddress) }
    return new Admission({ ...bounds, ipv6Prefix, descriptors }, this.#reserve / 2)
  }

  /** Returns the address of a connection, or of a client behind a proxy, as logs show it and as limits count it. */
  identify(address: string): ClientAddress {
    return { full: address, network: networkOf(address, this.#options.ipv6Prefix) }
  }

  /** Returns the ban of an address of a client. */
  banOf(address: string): ReturnType<BanOf> {
    return this.#options.banOf?.(address)
  }

  /**
   * Counts a connection, or returns the reason for which it is refused. Each counted connection ends with {@link leave}. Without
   * an address, which is for connections from proxies, only the total is limited.
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

  /** Returns true if an address has as many connections as it may have. */
  isFull(address: string): boolean {
    const { maxPerAddress } = this.#options
    return maxPerAddress > 0 && (this.#byAddress.get(address) ?? 0) >= maxPerAddress
  }

  leave(address: string | undefined): void {
    this.#count--
    if (address !== undefined) this.#leave(address)
    this.#freed()
  }

  /** Counts a client behind a proxy by its address only, like {@link refuse}; it ends with {@link leaveClient}. */
  refuseClient(address: string): DisconnectReason | undefined {
    if (this.isFull(address)) return 'too-many-from-address'
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1)
    return undefined
  }

  leaveClient(address: string): void {
    this.#leave(address)
    this.#freed()
  }

  /**
   * Retries `attempt` whenever a connection ends, as reconnecting clients may arrive before their previous connections have ended.
   * Resolves with undefined when `attempt` returns that, else with the reason after 0.5 s.
   */
  retry(attempt: () => DisconnectReason | undefined, refused: DisconnectReason): Promise<DisconnectReason | undefined> {
    if (this.#waiting.size >= MAX_WAITING) return Promise.resolve(refused)
    const { promise, resolve } = Promise.withResolvers<DisconnectReason | undefined>()
    const enter = () => {
      const reason = attempt()
      if (reason === undefined) resolve(undefined)
      return reason === undefined
    }
    this.#waiting.add(enter)
    const timer = setTimeout(resolve, RETRY_MS, refused).unref()
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
