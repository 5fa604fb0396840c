/** Those between whom and the user no messages go. */
import type { CommandResult } from '../../commands/replies.ts'
import { foldName } from '../../src/client/nickname.ts'
import { keptBlocks } from './storage.ts'

export class Blocks {
  readonly #command: (line: string) => Promise<CommandResult>
  readonly #changed: () => void
  #folded: ReadonlySet<string> = new Set()

  constructor(command: (line: string) => Promise<CommandResult>, changed: () => void) {
    this.#command = command
    this.#changed = changed
  }

  get size() {
    return this.#folded.size
  }

  has(nickname: string) {
    return this.#folded.has(foldName(nickname))
  }

  /** Blocks a user, or lifts the block. @throws RefusedError, DisconnectedError */
  async set(nickname: string, on: boolean) {
    await this.#command(`${on ? '/block' : '/unblock'} ${nickname}`)
    keptBlocks.value = await this.ask()
  }

  /** Resolves with the nicknames. @throws RefusedError, DisconnectedError */
  async ask(): Promise<readonly string[]> {
    const { blocked = [] } = await this.#command('/blocked')
    this.#folded = new Set(blocked.map(foldName))
    this.#changed()
    return blocked
  }

  /** Blocks again whom a guest has blocked: the server forgets it with the guest's last connection. */
  async renew(user: CommandResult['user']) {
    if (!user?.account) for (const name of keptBlocks.value) await this.#command(`/block ${name}`)
    await this.ask()
  }
}
