/** Private messages with one user. */
import { foldName, isSameName } from '../../src/client/nickname.ts'
import type { RoomdClient } from '../../src/client/roomd-client.ts'
import { Conversation, type Part } from './conversation.ts'
import type { Happening } from './happening.ts'
import type { SayManner } from './outbox.ts'

/** Messages of the inbox that are looked through for those of one user, at a time. */
const STRIDE = 500

export function privateKey(nickname: string) {
  return `@${foldName(nickname)}`
}

export class PrivateTalk extends Conversation {
  readonly isPrivate = true
  readonly closedBecause = undefined
  readonly #client: RoomdClient

  constructor(nickname: string, client: RoomdClient) {
    super(privateKey(nickname), nickname, client.nickname)
    this.#client = client
  }

  /** The inbox holds the messages of all users, so it is read until enough are found. */
  protected async read({ before, after, limit, first }: Part): Promise<readonly Happening[]> {
    const count = first ?? limit ?? STRIDE
    let found: Happening[] = []
    let end = before
    for (;;) {
      const page = await this.#client.inbox.history({ limit: STRIDE, before: end, after })
      found = [...page.filter(({ from, to }) => isSameName(from, this.name) || isSameName(to, this.name)), ...found]
      end = page[0]?.id
      if (page.length < STRIDE) break
      if (first === undefined && found.length >= count) break
    }
    return first === undefined ? found.slice(-count) : found.slice(0, count)
  }

  protected async send(text: string, _: SayManner, nonce: string) {
    await this.#client.tell(this.name, text, { nonce })
  }
}
