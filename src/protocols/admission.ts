import type { DisconnectReason } from './disconnect.ts'

export interface AdmissionOptions {
  /** Connections of all protocols together; 0 means without bound. */
  readonly maxConnections: number
  /** Connections from one address; 0 means without bound. */
  readonly maxPerAddress: number
}

/** Counts connections over all listeners and says who may come in. */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #byAddress = new Map<string, number>()
  #count = 0

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Bounds of its own, higher by so many. */
  wider(by: number): Admission {
    const { maxConnections, maxPerAddress } = this.#options
    const raised = (bound: number) => (bound > 0 ? bound + by : 0)
    return new Admission({ maxConnections: raised(maxConnections), maxPerAddress: raised(maxPerAddress) })
  }

  get count(): number {
    return this.#count
  }

  /**
   * Undefined when a connection from that address may come in; then {@link leave} is owed. Without an address (a proxy's,
   * through which anybody may come) it counts among all only.
   */
  refuse(address: string | undefined): DisconnectReason | undefined {
    const { maxConnections } = this.#options
    if (maxConnections > 0 && this.#count >= maxConnections) return 'too-many-connections'
    const refused = address === undefined ? undefined : this.refuseClient(address)
    if (!refused) this.#count++
    return refused
  }

  leave(address: string | undefined): void {
    this.#count--
    if (address !== undefined) this.leaveClient(address)
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
    const same = (this.#byAddress.get(address) ?? 1) - 1
    if (same > 0) this.#byAddress.set(address, same)
    else this.#byAddress.delete(address)
  }
}
