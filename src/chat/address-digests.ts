import { createHmac, randomBytes } from 'node:crypto'
import type { Records } from '../engine/typed-records.ts'
import { refuse } from './refusal.ts'

/** Characters of a digest: 128 bits. */
const LENGTH = 32

/** Digests of network addresses, which are stored in place of the addresses; the same on all nodes, and for good. */
export class AddressDigests {
  readonly #records: Records
  #secret: string | undefined

  constructor(records: Records) {
    this.#records = records
  }

  /** Resolves with the digest of an address. @throws Refusal `unavailable`. */
  async of(address: string): Promise<string> {
    const drawn = randomBytes(32).toString('hex')
    this.#secret ??= await this.#records.insertOrGet('secret', 'makers', drawn).catch(refuse)
    return createHmac('sha256', this.#secret).update(address).digest('hex').slice(0, LENGTH)
  }
}
