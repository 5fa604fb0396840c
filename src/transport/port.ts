import type { MemoryHolder } from './memory.ts'
import type { Traffic } from './tally.ts'

/** What the daemon starts and stops: a wire format with its listener. */
export interface Protocol {
  /** As in the start-up line. */
  readonly name: string
  /** Rejects when the address cannot be had. */
  listen(host: string, port: number): Promise<Address>
  /** Its connections in numbers. */
  readonly traffic: Traffic
  /** Its connections, as far as they hold memory. */
  readonly holders: Iterable<MemoryHolder>
  /** Clients get their answers and a notice, as with {@link stop}, but whoever asks how the daemon is still gets in. */
  drain?(): void
  /** No further connections; those there are get their answers and a notice. Resolves when all are gone. */
  stop(): Promise<void>
  /** Ends what is left at once. */
  abort(): void
  /** Where there is TLS: handshakes from now on show this one; connections that are open go on. */
  setCertificate?(certificate: Certificate): void
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
