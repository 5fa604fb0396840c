import type { RecordKind } from '../records.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import { scanned } from './scan.ts'

/** Approximate keys of a page. */
const PAGE = 1_000

/** Records of kinds that expire, each under its own key, which Redis removes. */
export class ExpiringRecords {
  readonly #keys: Keys
  readonly #link: Link

  constructor(keys: Keys, link: Link) {
    this.#keys = keys
    this.#link = link
  }

  async get(kind: RecordKind, key: string): Promise<string | undefined> {
    const text = await this.#link.call(this.#keys.expiring(kind, key), 'GET')
    return typeof text === 'string' ? text : undefined
  }

  async put(kind: RecordKind, key: string, text: string, expiresAt: number | undefined): Promise<void> {
    await this.#link.call(this.#keys.expiring(kind, key), 'SET', text, ...endOf(expiresAt))
  }

  async insert(kind: RecordKind, key: string, text: string, expiresAt: number | undefined): Promise<boolean> {
    return (await this.#link.call(this.#keys.expiring(kind, key), 'SET', text, 'NX', ...endOf(expiresAt))) === 'OK'
  }

  async delete(kind: RecordKind, key: string): Promise<string | undefined> {
    const text = await this.#link.call(this.#keys.expiring(kind, key), 'GETDEL')
    return typeof text === 'string' ? text : undefined
  }

  /** Yields the texts of a kind, in no order; a record may be yielded more than once. */
  async *pages(kind: RecordKind): AsyncGenerator<readonly string[]> {
    const pattern = this.#keys.expiring(kind, '*')
    for (const ask of this.#link.everyServer()) {
      for await (const keys of scanned((cursor) => ask('SCAN', cursor, 'MATCH', pattern, 'COUNT', String(PAGE)))) {
        const found = await Promise.all(keys.map((key) => this.#link.call(key, 'GET')))
        const page = found.filter((text) => typeof text === 'string')
        if (page.length > 0) yield page
      }
    }
  }
}

/** Returns the options of SET for a time of expiry; Redis requires a positive integer. */
function endOf(expiresAt: number | undefined): string[] {
  return expiresAt === undefined ? [] : ['PXAT', String(Math.max(1, Math.ceil(expiresAt)))]
}
