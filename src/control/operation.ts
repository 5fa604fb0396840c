import type { Chat } from '../chat/chat.ts'
import type { AccountMarks } from '../chat/credentials.ts'
import type { TokenRight } from '../chat/token-scope.ts'

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

/** A part of the reply to a request; `done` or `failed` is the last one. */
export type ControlReply =
  /** A row of a table, whose first one may be its header, and the object that --json prints for it. */
  | { readonly row: readonly string[]; readonly object?: object }
  | { readonly warning: string }
  | { readonly done: string }
  | { readonly failed: string }

export interface ControlOperation {
  /** The words behind the command. */
  readonly usage: string
  /** The parameters that a request must have. */
  readonly needs: readonly ('name' | 'account' | 'password' | 'token')[]
  /** @throws Refusal */
  run(chat: Chat, parameters: ControlParameters): AsyncGenerator<ControlReply>
}
