import { Refusal, type RefusalCode } from '../../chat/refusal.ts'

export const INVALID_MESSAGE = 'Invalid message'
export const INVALID_COMMAND = 'Invalid command'

const TAKEN = 'Username already in use, try another one'
const LOGGED_IN = 'User already logged in'
const INVALID_PASSWORD = 'Invalid password, 8 to 128 characters'
const UNAVAILABLE = 'Temporarily unavailable'

export interface RefusedRequest {
  readonly type: string
  /** The addressee of a message. */
  readonly to?: string | undefined
  /** The room that is created or entered, or in which a message is sent. */
  readonly room?: string | undefined
  /** The limit that was exceeded, where the reason is one. */
  readonly bound?: string | undefined
}

/** The reply to each refusal (docs/protocols/chatroom.md, section 2); undefined for those without a reply. */
const TEXTS: Readonly<Record<RefusalCode, (refused: RefusedRequest) => string | undefined>> = {
  'name-invalid': () => 'Invalid username',
  'name-reserved': () => 'Invalid username',
  'name-taken': () => TAKEN,
  'name-in-use': ({ type }) => (type === 'register' ? TAKEN : LOGGED_IN),
  'name-in-room': () => LOGGED_IN,
  'name-unknown': () => 'Username not exists, try register first',
  'secret-invalid': () => INVALID_PASSWORD,
  'secret-wrong': () => 'Password incorrect',
  'too-many-attempts': () => 'Too many attempts, wait a minute',
  'too-many-accounts': ({ bound }) => `Too many accounts today, at most ${bound}`,
  'room-name-invalid': () => 'Invalid room name',
  'room-taken': ({ room }) => `${room} already exists`,
  'too-many-rooms': ({ bound }) => `Too many rooms, at most ${bound}`,
  'room-unknown': notFound,
  'room-private': notFound,
  'nobody-here': ({ to, room }) => `${to} not in ${room}`,
  'no-private-messages': ({ to }) => `${to} cannot receive private messages`,
  'text-too-long': ({ bound }) => `Message too long, at most ${bound} characters`,
  banned: () => 'You are banned from this room',
  'invite-only': () => 'Only invited users may enter this room',
  'room-full': () => 'This room is full',
  muted: () => 'You are muted in this room',
  moderated: () => 'Only operators and voiced users may speak now',
  'slow-mode': ({ bound }) => `Slow mode, wait ${bound} seconds`,
  unavailable: () => UNAVAILABLE,
  'account-required': () => 'The operator of this server makes the accounts',
  // An empty message is dropped (docs/protocols/chatroom.md, section 2.8).
  'text-empty': () => undefined,
  // The membership is lost and being restored. (After the deletion of a room the client is in the lobby, without a refusal.)
  'not-in-room': () => UNAVAILABLE,
  // No request of this protocol is refused for these reasons: it has no room passwords, no history, no blocks and no commands.
  'password-wrong': () => INVALID_PASSWORD,
  'password-invalid': () => INVALID_PASSWORD,
  'history-gone': () => UNAVAILABLE,
  'too-many-blocks': () => UNAVAILABLE,
  'admin-required': () => UNAVAILABLE,
  'invalid-network': () => UNAVAILABLE,
  'too-many-address-bans': () => UNAVAILABLE,
  'token-scope': () => UNAVAILABLE,
  'token-invalid': () => UNAVAILABLE,
  'token-taken': () => UNAVAILABLE,
  'token-unknown': () => UNAVAILABLE,
  'too-many-tokens': () => UNAVAILABLE,
  'session-unknown': () => UNAVAILABLE,
  'user-unknown': () => UNAVAILABLE,
  'not-permitted': () => UNAVAILABLE,
  'message-unknown': () => UNAVAILABLE,
  'too-many-roles': () => UNAVAILABLE,
}

function notFound({ room }: RefusedRequest): string {
  return `Destination room ${room} not found`
}

/** Returns the message of the reply to an exception; undefined if there is no reply. */
export function textFor(thrown: unknown, refused: Omit<RefusedRequest, 'bound'>): string | undefined {
  return thrown instanceof Refusal ? refusalMessage(thrown.code, { ...refused, bound: thrown.bound }) : 'Internal error'
}

/** Returns the message of the reply to a refused request; undefined if there is no reply. */
export function refusalMessage(code: RefusalCode, refused: RefusedRequest): string | undefined {
  return TEXTS[code](refused)
}
