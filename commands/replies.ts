/** The lines from the server: their types, defined by schema.ts, and those that commands reply with. */
import { ERRORS, type FaultCode } from './errors.ts'
import type {
  CommandResult,
  ErrorReply,
  Message,
  ModeChange,
  Private,
  Redacted,
  RoleChange,
  Topic,
  UserJoined,
  UserKicked,
  UserLeft,
} from './schema.ts'

export type {
  CommandResult,
  ErrorReply,
  History,
  Limits,
  Message,
  NameRule,
  Notice,
  ServerLine,
  TokenEntry,
  UserKicked,
  UserLeft,
} from './schema.ts'

/** The only reply to a line; that of HISTORY is followed by its records. */
export type Reply = CommandResult | ErrorReply
export type RoomEvent = UserJoined | UserLeft | Message | Topic | UserKicked | RoleChange | ModeChange | Redacted
export type PrivateEvent = Private

export function result(text: string): CommandResult {
  return { type: 'commandResult', result: text }
}

export const OK = result('OK')

/** The `OK` to a message with a nonce. */
export class Said {
  readonly type = 'commandResult'
  readonly result = 'OK'
  /** Id of the message. */
  readonly id: string
  /** Name of a room that has been renamed since /speak. */
  declare readonly room?: string

  constructor(id: number, room?: string) {
    this.id = String(id)
    if (room !== undefined) this.room = room
  }
}

/** Returns the error line for a code; `subject` replaces the part of its text in angle brackets, `advice` its hint. */
export function error(code: FaultCode, subject: string | number = '', advice?: string): ErrorReply {
  const { text } = ERRORS[code]
  const hint = advice ?? ERRORS[code].hint
  const reply: ErrorReply = { type: 'error', error: text.replace(/<\w+>/, () => String(subject)), code }
  return hint === undefined ? reply : { ...reply, hint }
}
