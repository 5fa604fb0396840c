import { type Reason, Refusal } from '../src/chat/refusal.ts'
import { Mistake } from './command.ts'
import { type ErrorReply, error } from './replies.ts'

/** The line protocol's words for what the core refuses (protocols/line.md, 2.3 to 2.7 and 8). */
export const WORDING: Readonly<Record<Reason, (subject: string) => string>> = {
  'name-invalid': () => 'Invalid nickname',
  'name-reserved': () => 'Nickname is reserved',
  'name-taken': () => 'Nickname is already registered',
  'name-in-use': () => 'Nickname is in use',
  'name-unknown': () => 'Invalid nickname',
  'secret-invalid': () => 'Invalid password',
  'secret-wrong': () => 'Password incorrect',
  'too-many-attempts': () => 'Too many attempts, wait a minute',
  'too-many-accounts': (bound) => `Too many accounts today, at most ${bound}`,
  'name-in-room': () => 'User with such nickname is already present in the requested room',
  // The missing space belongs to the text.
  'room-name-invalid': (room) => `Invalid room name: ${room}, please use alphanumericcharacters only`,
  'room-private': () => 'Room is private',
  'room-unknown': (room) => `No such room: ${room}`,
  'too-many-rooms': (bound) => `Too many rooms, at most ${bound}`,
  'room-taken': (room) => `Room already exists: ${room}`,
  'password-wrong': () => 'Password incorrect',
  'password-invalid': () => 'Invalid password',
  'not-in-room': () => 'Join a room first',
  'text-empty': () => 'Missing required parameter',
  'text-too-long': () => 'Message too long',
  'nobody-here': (parameter) => `No such user here: ${parameter.split(/[ \t]/, 1)}`,
  'history-gone': (parameter) => `History before ${/after=(\S*)/i.exec(parameter)?.[1]} is gone`,
  'no-private-messages': (parameter) => `No such user here: ${parameter.split(/[ \t]/, 1)}`,
  'too-many-blocks': () => 'You have blocked too many already',
  unavailable: () => 'Temporarily unavailable',
}

/** The error reply for what a command has thrown; undefined when that was not meant to be seen. */
export function wordingOf(thrown: unknown, parameter: string): ErrorReply | undefined {
  if (thrown instanceof Mistake) return error(thrown.message)
  if (!(thrown instanceof Refusal)) return undefined
  return error(WORDING[thrown.reason](thrown.bound ?? parameter))
}
