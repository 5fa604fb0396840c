import { type Reason, Refusal } from '../../chat/refusal.ts'

export type Words = Readonly<Partial<Record<Reason, string>>>

export const INVALID_MESSAGE = 'Invalid message'
export const INVALID_COMMAND = 'Invalid command'

const ANYWHERE: Words = {
  'too-many-attempts': 'Too many attempts, wait a minute',
  unavailable: 'Temporarily unavailable',
}

export const REGISTER: Words = {
  'name-taken': 'Username already in use, try another one',
  'name-in-use': 'Username already in use, try another one',
  'name-invalid': 'Invalid username',
  'name-reserved': 'Invalid username',
  'secret-invalid': 'Invalid password',
}

const IN_USE = 'User already logged in'

export const LOGIN: Words = {
  'name-in-use': IN_USE,
  'name-unknown': 'Username not exists, try register first',
  'secret-wrong': 'Password incorrect',
}

export const create = (room: string): Words => ({
  'room-name-invalid': 'Invalid room name',
  'room-taken': `${room} already exists`,
  'too-many-rooms': 'Too many rooms',
})

export const enter = (room: string): Words => ({
  'room-unknown': notFound(room),
  'room-private': notFound(room),
  'name-in-room': IN_USE,
})

export const say = (to: string, room: string): Words => ({
  'nobody-here': `${to} not in ${room}`,
  'text-too-long': 'Message too long',
})

function notFound(room: string): string {
  return `Destination room ${room} not found`
}

/** The message for what was thrown. */
export function wordFor(thrown: unknown, words: Words): string {
  const word = thrown instanceof Refusal ? (words[thrown.reason] ?? ANYWHERE[thrown.reason]) : undefined
  return word ?? 'Internal error'
}
