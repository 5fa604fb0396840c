import type { Kind } from '../records.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Keys of a page, roughly. */
const PAGE = 1_000

/** Records that may have an end: each is a key of its own, which Redis removes when its time is over. */
export class ExpiringRecords {
  readonly #keys: Keys
  readonly #link: Link

  constructor(keys: Keys, link: Link) {
    this.#keys = keys
    this.#link = link
  }

  async get(kind: Kind, key: string): Promise<string | undefined> {
    const text = await this.#link.command(['GET', this.#keys.expiring(kind, key)])
    return typeof text === 'string' ? text : undefined
  }

  async put(kind: Kind, key: string, text: string, expiresAt: number | undefined): Promise<void> {
    await this.#link.command(['SET', this.#keys.expiring(kind, key), text, ...endOf(expiresAt)])
  }

  async insert(kind: Kind, key: string, text: string, expiresAt: number | undefined): Promise<boolean> {
    return (await this.#link.command(['SET', this.#keys.expiring(kind, key), text, 'NX', ...endOf(expiresAt)])) === 'OK'
  }

  async delete(kind: Kind, key: string): Promise<string | undefined> {
    const text = await this.#link.command(['GETDEL', this.#keys.expiring(kind, key)])
    return typeof text === 'string' ? text : undefined
  }

  /** The texts of a kind, in no order; it may give one more than once. */
  async *pages(kind: Kind): AsyncGenerator<readonly string[]> {
    for (let cursor = '0'; ; ) {
      const pattern = this.#keys.expiring(kind, '*')
      // The reply to SCAN.
      const reply = await this.#link.command(['SCAN', cursor, 'MATCH', pattern, 'COUNT', String(PAGE)])
      const [next, keys] = reply as readonly [string, readonly string[]]
      const found = await Promise.all(keys.map((key) => this.#link.command(['GET', key])))
      const page = found.filter((text) => typeof text === 'string')
      if (page.length > 0) yield page
      if (next === '0') return
      cursor = next
    }
  }
}

/** Redis takes whole milliseconds above 0. */
function endOf(expiresAt: number | undefined): string[] {
  return expiresAt === undefined ? [] : ['PXAT', String(Math.max(1, Math.ceil(expiresAt)))]
}
