import type { Chat } from '../chat/chat.ts'
import type { AccountMarks } from '../chat/credentials.ts'
import type { TokenRight } from '../chat/token-scope.ts'
import type { ControlReply } from './reply.ts'

export interface ControlParameters extends AccountMarks {
  /** A room, an account or a network. */
  readonly name: string
  /** The account that a room is given to. */
  readonly account: string
  readonly password: string
  /** The name of an access token. */
  readonly token: string
  readonly rooms?: readonly string[] | undefined
  readonly rights?: readonly TokenRight[] | undefined
  /** Time in ms since the epoch. */
  readonly until?: number | undefined
}

export interface ControlOperation {
  /** The words behind the command. */
  readonly usage: string
  /** The parameters that a request must have. */
  readonly needs: readonly ('name' | 'account' | 'password' | 'token')[]
  /** @throws Refusal */
  run(chat: Chat, parameters: ControlParameters): AsyncGenerator<ControlReply>
}
