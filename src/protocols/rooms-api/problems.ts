import { SLUG_WORDS } from '../../chat/names.ts'
import { Refusal, type RefusalCode } from '../../chat/refusal.ts'
import type { ApiLines, ApiProblem } from './schemas.ts'

/** The codes of the rooms API's own problems. */
export type ProblemCode =
  /** The request lacks authorization, or has an invalid one. */
  | 'unauthorized'
  /** The client's address is banned. */
  | 'forbidden'
  | 'not-found'
  /** A parameter, header or body that does not match its schema. */
  | 'invalid-request'
  /** The body is no UTF-8 text. */
  | 'invalid-utf8'
  | 'body-too-large'
  /** An earlier request with the same Idempotency-Key had another body. */
  | 'key-reused'
  /** The room, or the server, has the maximum number of outgoing webhooks. */
  | 'too-many-hooks'
  /** The URL of an outgoing webhook names an address that is not public. */
  | 'url-private'
  /** Requests come faster than the pace of the sender allows. */
  | 'too-fast'

/** Members of a problem that tell how far the request has been done. */
type ProblemMembers = Readonly<Partial<ApiLines & Pick<ApiProblem, 'line' | 'refused'>>>

/** A response of type `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  override name = 'Problem'
  readonly status: number
  readonly code: ProblemCode | RefusalCode
  readonly retryAfterS: number | undefined
  readonly members: ProblemMembers

  constructor(
    status: number,
    code: ProblemCode | RefusalCode,
    detail: string,
    retryAfterS?: number,
    members: ProblemMembers = {},
  ) {
    super(detail)
    this.status = status
    this.code = code
    this.retryAfterS = retryAfterS
    this.members = members
  }

  with(members: ProblemMembers): Problem {
    return new Problem(this.status, this.code, this.message, this.retryAfterS, { ...this.members, ...members })
  }
}

/** The status and detail of each refusal; undefined for those that no request can cause, which are answered with status 500. */
const REFUSALS: Readonly<Record<RefusalCode, readonly [status: number, detail: string] | undefined>> = {
  unavailable: [503, 'Nothing can be stored now, try again in a moment'],
  'name-invalid': [400, 'Invalid nickname'],
  'name-reserved': [401, 'The nickname is reserved, or belongs to an account'],
  'name-taken': [401, 'The nickname belongs to an account'],
  'name-in-use': [409, 'The nickname looks like that of somebody in a room'],
  'name-unknown': [401, 'No such account'],
  'secret-invalid': undefined,
  'secret-wrong': [401, 'Password or token incorrect'],
  'too-many-attempts': [429, 'Too many attempts, wait a minute'],
  'too-many-accounts': undefined,
  'name-in-room': [409, 'Somebody in the room has this nickname'],
  'room-name-invalid': [400, `Invalid room name, which has ${SLUG_WORDS}`],
  'room-private': [403, 'The room needs a password'],
  'room-unknown': [404, 'No such room'],
  'too-many-rooms': [429, 'Too many rooms, at most <limit>'],
  'room-taken': [409, 'Another room has this name'],
  'password-wrong': undefined,
  'password-invalid': [400, 'Invalid password'],
  'not-in-room': [404, 'No such room'],
  'text-empty': [400, 'The message is empty'],
  'text-too-long': [413, 'Message too long, at most <limit> characters'],
  'nobody-here': [404, 'No such user'],
  'no-private-messages': [409, 'The client of this user shows no private messages'],
  'history-gone': [410, 'Events after this id have been removed'],
  banned: [403, 'You are banned from this room'],
  'invite-only': [403, 'The room is invite-only'],
  'room-full': undefined,
  muted: [403, 'You are muted in this room'],
  moderated: [403, 'The room is moderated'],
  'slow-mode': [429, 'Slow mode, wait <limit> seconds'],
  'not-permitted': [403, 'Not permitted'],
  'message-unknown': [404, 'No such message'],
  'too-many-roles': undefined,
  'too-many-blocks': undefined,
  'account-required': [401, 'Only for accounts'],
  'admin-required': [403, 'Only for admins'],
  'invalid-network': undefined,
  'too-many-address-bans': undefined,
  'session-unknown': undefined,
  'user-unknown': [404, 'No such user'],
  'token-scope': [403, 'The access token has no right to this'],
  'token-invalid': [400, 'Invalid name, rights, rooms or end of an access token'],
  'token-taken': [409, 'The account has an access token of this name'],
  'token-unknown': [404, 'No such access token'],
  'too-many-tokens': [409, 'Too many access tokens, at most <limit>'],
}

/** Returns the response to an exception of a request; undefined where the request has failed. */
export function apiProblemOf(thrown: unknown): Problem | undefined {
  if (thrown instanceof Problem) return thrown
  return thrown instanceof Refusal ? refusalProblem(thrown) : undefined
}

/** Returns the response to a refusal; undefined for one that no request can cause. */
export function refusalProblem({ code, limit, bound }: Pick<Refusal, 'code' | 'limit' | 'bound'>): Problem | undefined {
  const [status, detail] = REFUSALS[code] ?? []
  if (status === undefined || detail === undefined) return undefined
  const retryAfterS = code === 'slow-mode' ? limit : RETRY_AFTER_S[status]
  return new Problem(status, code, detail.replace('<limit>', bound ?? ''), retryAfterS)
}

/** Seconds after which a request may be sent again, by status. */
const RETRY_AFTER_S: Readonly<Record<number, number>> = { 429: 60, 503: 1 }
