import { Refusal, type RefusalCode } from '../../chat/refusal.ts'
import { delayGuess } from '../../transport/http/guesses.ts'
import { GlobesError, type GlobesErrorCode } from './errors.ts'

/** The error for a refusal; `room` is the room in the path of the request. */
type ErrorFor = (refusal: Refusal, room: string | undefined) => GlobesError

/**
 * The error for each refusal of a request (docs/protocols/globes.md, section 1). `guess` marks a wrong guess at a secret, see
 * {@link refuseGuess}; undefined marks a refusal that no request can cause, which is logged and answered with status 500.
 */
const ERRORS: Readonly<Record<RefusalCode, ErrorFor | 'guess' | undefined>> = {
  unavailable: () => new GlobesError(503),
  'room-unknown': (_, room) => new GlobesError(101, room),
  'room-taken': () => new GlobesError(102, 'title'),
  'too-many-rooms': (refusal) => new GlobesError(106, undefined, refusal.of ? 429 : undefined),
  'too-many-attempts': () => new GlobesError(106, undefined, 429),
  'room-private': () => new GlobesError(403, 'token'),
  banned: () => new GlobesError(204),
  'invite-only': () => new GlobesError(204),
  'password-wrong': 'guess',
  'secret-wrong': 'guess',
  'name-unknown': 'guess',
  'name-invalid': undefined,
  'name-reserved': undefined,
  'name-taken': undefined,
  'name-in-use': undefined,
  'name-in-room': undefined,
  'secret-invalid': undefined,
  'too-many-accounts': undefined,
  'room-name-invalid': undefined,
  'password-invalid': undefined,
  'not-in-room': undefined,
  'text-empty': undefined,
  'text-too-long': undefined,
  'nobody-here': undefined,
  'no-private-messages': undefined,
  'history-gone': undefined,
  'too-many-blocks': undefined,
  'account-required': undefined,
  'admin-required': undefined,
  'invalid-network': undefined,
  'too-many-address-bans': undefined,
  'token-scope': undefined,
  'token-invalid': undefined,
  'token-taken': undefined,
  'token-unknown': undefined,
  'too-many-tokens': undefined,
  'session-unknown': undefined,
  'user-unknown': undefined,
  'room-full': undefined,
  muted: undefined,
  moderated: undefined,
  'slow-mode': undefined,
  'not-permitted': undefined,
  'message-unknown': undefined,
  'too-many-roles': undefined,
}

/** Returns the answer to an exception of a request; undefined where the request has failed. */
export function globesErrorOf(thrown: unknown, room: string | undefined): GlobesError | undefined {
  if (thrown instanceof GlobesError) return thrown
  if (!(thrown instanceof Refusal)) return undefined
  const answer = ERRORS[thrown.code]
  return typeof answer === 'function' ? answer(thrown, room) : undefined
}

/** Returns true for a refusal that is a wrong guess at a secret. */
export function isGuess(code: RefusalCode): boolean {
  return ERRORS[code] === 'guess'
}

/**
 * Answers a wrong guess at a secret, after a delay, with the same error whatever was wrong, and with status 429 beyond the limit of
 * attempts.
 *
 * @throws {GlobesError} with `code` and `field`; any other error is thrown again
 */
export async function refuseGuess(error: unknown, code: GlobesErrorCode, field?: string): Promise<never> {
  if (!(error instanceof Refusal)) throw error
  const isLimited = error.code === 'too-many-attempts'
  if (!isLimited && !isGuess(error.code)) throw error
  await delayGuess()
  throw new GlobesError(code, field, isLimited ? 429 : undefined)
}
