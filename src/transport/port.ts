import type { BanOf } from './admission.ts'
import type { MemoryHolder } from './memory.ts'
import type { Traffic } from './tally.ts'

/** A listening port, as the daemon starts and stops it. */
export interface Port {
  /** Name in the log and in metrics, which is that of its option. */
  readonly name: string
  /** Listens on an address. Rejects with the error of the operating system. */
  listen(host: string, port: number): Promise<Address>
  readonly traffic: Traffic
  /** Connections of the port. */
  readonly holders: Iterable<MemoryHolder>
  /** True if the port answers health probes; it then stops after the others. */
  readonly answersProbes: boolean
  /** Ends the connections of clients whose address is banned. */
  expel(banOf: BanOf): void
  /** Ends the connections that cannot be probes, as the daemon stops. */
  drain(): void
  /**
   * Stops listening, and ends each connection after its replies and a notice. Resolves when all are closed. Connections that are completed
   * at this moment are accepted before, unless `acceptsLast` is false.
   */
  stop(acceptsLast?: boolean): Promise<void>
  /** Destroys all connections. */
  abort(): void
  /** Replaces the certificate for new TLS connections. */
  setCertificate(certificate: Certificate): void
}

/** Certificate and private key, PEM. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

export interface Address {
  readonly host: string
  readonly port: number
}
