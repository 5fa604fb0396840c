import type { MemoryHolder } from './memory.ts'
import type { Traffic } from './tally.ts'

/** A listening port, as the daemon starts and stops it. */
export interface Port {
  /** Name in the log and in metrics. */
  readonly name: string
  /** Rejects when the address cannot be had. */
  listen(host: string, port: number): Promise<Address>
  /** Its connections, in numbers. */
  readonly traffic: Traffic
  /** Its connections, as far as they hold memory. */
  readonly holders: Iterable<MemoryHolder>
  /** Whether it tells how the daemon is: it then stops behind the others. */
  readonly answersProbes: boolean
  /** The daemon stops: ends the clients that do not ask how it is. */
  drain(): void
  /** Takes no further connections; gives the open ones their answers and a notice. Resolves when all are gone. */
  stop(): Promise<void>
  /** Ends the connections that are left at once. */
  abort(): void
  /** Sets the certificate for handshakes from now on, where there is TLS. */
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
