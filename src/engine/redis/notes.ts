import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Small texts by key, each until its time. */
export class Notes {
  readonly #keys: Keys
  readonly #link: Link

  constructor(keys: Keys, link: Link) {
    this.#keys = keys
    this.#link = link
  }

  async remember(key: string, text: string, until: number | undefined): Promise<void> {
    const end = until === undefined ? [] : ['PXAT', timeOf(until)]
    await this.#link.call(this.#keys.note(key), 'SET', text, ...end)
  }

  rememberFirst(key: string, text: string, until: number | undefined): Promise<string> {
    return this.#link.eval('remember-first', [this.#keys.note(key)], [text, until === undefined ? '' : timeOf(until)])
  }

  async recall(key: string): Promise<string | undefined> {
    const kept = await this.#link.call(this.#keys.note(key), 'GET')
    return typeof kept === 'string' ? kept : undefined
  }

  async forget(key: string): Promise<void> {
    await this.#link.call(this.#keys.note(key), 'DEL')
  }
}

/** Redis takes whole ones above 0. */
function timeOf(until: number): string {
  return String(Math.max(1, Math.ceil(until)))
}
