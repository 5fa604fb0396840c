import type { Refusal, RefusalCode } from '../../../chat/refusal.ts'
import { CLOSE_CODES } from '../../../transport/close-codes.ts'
import { GLOBES_ERRORS } from '../errors.ts'

/** A notice, and the code with which the connection is closed behind it; undefined for one that stays open. */
export type SocketAnswer = readonly [code: number | undefined, text: string]

const IN_USE: SocketAnswer = [CLOSE_CODES.policy, GLOBES_ERRORS[202].text]
/** The client is not logged in as the name that it uses. */
export const UNAUTHORIZED: SocketAnswer = [CLOSE_CODES.policy, GLOBES_ERRORS[204].text]
const AWAY: SocketAnswer = [CLOSE_CODES.tryLater, GLOBES_ERRORS[503].text]
/** A refusal that no request of this protocol causes. */
const NONE = undefined

/** The answer to each refusal of a join or message; undefined for those without one. The limit replaces `<limit>`. */
const ANSWERS: Readonly<Record<RefusalCode, SocketAnswer | undefined>> = {
  'name-in-room': IN_USE,
  'name-reserved': IN_USE,
  'name-invalid': [CLOSE_CODES.policy, 'Client error: Invalid username'],
  'room-unknown': [CLOSE_CODES.normal, ''],
  'account-required': [CLOSE_CODES.policy, 'Only the owners of accounts may enter'],
  unavailable: AWAY,
  // The room has ended in the meantime, which closes the connection.
  'not-in-room': undefined,
  banned: [CLOSE_CODES.policy, 'You are banned from this room'],
  'invite-only': [CLOSE_CODES.policy, 'Only invited users may enter this room'],
  'room-full': [CLOSE_CODES.policy, 'This room is full'],
  muted: [undefined, 'You are muted in this room'],
  moderated: [undefined, 'Only operators and voiced users may speak now'],
  'slow-mode': [undefined, 'Slow mode, wait <limit> seconds'],
  // Both are checked before.
  'text-empty': undefined,
  'text-too-long': undefined,
  // The login was valid at the handshake; the client has to log in again.
  'secret-wrong': UNAUTHORIZED,
  'room-private': UNAUTHORIZED,
  'name-in-use': IN_USE,
  'name-taken': NONE,
  'name-unknown': NONE,
  'secret-invalid': NONE,
  'too-many-attempts': NONE,
  'too-many-accounts': NONE,
  'room-name-invalid': NONE,
  'room-taken': NONE,
  'too-many-rooms': NONE,
  'password-wrong': NONE,
  'password-invalid': NONE,
  'nobody-here': NONE,
  'no-private-messages': NONE,
  'history-gone': NONE,
  'too-many-blocks': NONE,
  'admin-required': NONE,
  'token-scope': NONE,
  'token-invalid': NONE,
  'token-taken': NONE,
  'token-unknown': NONE,
  'too-many-tokens': NONE,
  'session-unknown': NONE,
  'user-unknown': NONE,
  'not-permitted': NONE,
  'message-unknown': NONE,
  'too-many-roles': NONE,
  'invalid-network': NONE,
  'too-many-address-bans': NONE,
}

/** Returns the answer to a refusal of a join or message; undefined if there is none. */
export function answerTo({ code, bound = '' }: Pick<Refusal, 'code' | 'bound'>): SocketAnswer | undefined {
  const answer = ANSWERS[code]
  return answer && [answer[0], answer[1].replace('<limit>', bound)]
}
