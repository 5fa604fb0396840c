import { createHmac } from 'node:crypto'
import { BoundedMap } from '../bounded-map.ts'
import type { Records } from '../engine/typed-records.ts'
import { refuse } from './refusal.ts'
import { keptSecret } from './secrets.ts'

/** Characters of a digest: 128 bits. */
const LENGTH = 32
/** Maximum number of digests that are held: each request asks for one. */
const MAX_KNOWN = 1_000

/** Digests of network addresses, which are stored in place of the addresses; the same on all nodes, and for good. */
export class AddressDigests {
  readonly #records: Records
  readonly #known = new BoundedMap<string, string>(MAX_KNOWN)
  #secret: string | undefined

  constructor(records: Records) {
    this.#records = records
  }

  /** Resolves with the digest of an address. @throws Refusal `unavailable`. */
  async of(address: string): Promise<string> {
    this.#secret ??= await keptSecret(this.#records, 'makers').catch(refuse)
    let digest = this.#known.get(address)
    if (digest === undefined) {
      digest = createHmac('sha256', this.#secret).update(address).digest('hex').slice(0, LENGTH)
      this.#known.set(address, digest)
    }
    return digest
  }
}
