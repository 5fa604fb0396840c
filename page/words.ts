/** Refusals of the server as sentences, each with the field it belongs to. */

import type { ErrorCode } from '../commands/errors.ts'
import type { Limits, RoomEvent, UserKicked, UserLeft } from '../commands/replies.ts'
import { RefusedError } from '../src/client/errors.ts'
import { because, untilWords } from './happenings.ts'

/** The fields of the form that opens the chat. */
export interface Wanted {
  nickname: string
  password: string
  room: string
}

/** A field of the form at the door; empty for none of them. */
export type Field = keyof Wanted | ''

export class Refused extends Error {
  field: Field

  constructor(text: string, field: Field) {
    super(text)
    this.field = field
  }
}

export function refusalOf(error: RefusedError, { nickname, password, room }: Wanted, limits?: Limits): Refused {
  switch (error.code) {
    case 'name-invalid':
    case 'name-unknown':
      return password
        ? new Refused(`${nickname} is not registered. Leave the password empty.`, 'password')
        : new Refused(limits ? `A nickname is ${nicknameRule(limits)}.` : error.message, 'nickname')
    case 'name-reserved':
      return new Refused(
        `${nickname} is registered or reserved. Give its password, or take another nickname.`,
        'password',
      )
    case 'secret-wrong':
      return new Refused(`This is not the password of ${nickname}.`, 'password')
    case 'too-many-attempts':
      return new Refused('Too many wrong passwords. Wait a minute, then try again.', 'password')
    case 'name-in-use':
      return new Refused(`Somebody is called so, or almost so: ${nickname}. Take another nickname.`, 'nickname')
    case 'name-in-room':
      return new Refused(`Somebody in ${room} is called ${nickname}. Take another nickname.`, 'nickname')
    case 'room-private':
      return new Refused(`${room} is a private room. It cannot be entered from here.`, 'room')
    case 'banned':
      return new Refused(`You are banned from ${room}.`, 'room')
    case 'invite-only':
      return new Refused(`Only invited users enter ${room}. An operator of the room can invite you.`, 'room')
    case 'unavailable':
      return new Refused('The server cannot do this at the moment. Try again soon.', '')
    case 'room-name-invalid':
      return new Refused(roomWrong(room, limits) || error.message, 'room')
  }
  return new Refused(error.message, '')
}

/** Says what a nickname is made of; undefined while the server has not told its limits. */
export function nicknameRule(limits?: Limits) {
  return limits && `up to ${limits.nickname.maxLength} letters and digits, without a space`
}

export function nicknameWrong(nickname: string, limits?: Limits) {
  if (!nickname) return 'Pick a nickname.'
  if (!limits) return ''
  const { pattern, maxLength } = limits.nickname
  return [...nickname].length <= maxLength && new RegExp(pattern, 'u').test(nickname)
    ? ''
    : `A nickname is ${nicknameRule(limits)}.`
}

export function roomWrong(room: string, limits?: Limits) {
  if (!room) return 'Name a room.'
  return !limits || new RegExp(limits.room.pattern).test(room)
    ? ''
    : `The name of a room is letters and digits, also . _ - behind the first, at most ${limits.room.maxLength}.`
}

/** Why something was not said, to the room or to one member. */
export function whyUnsaid({ message, code }: RefusedError, to: string | undefined) {
  if (code === 'nobody-here') {
    return `Not sent: ${to} is not in this room, or cannot get private messages.`
  }
  return `Not sent: ${UNSAID[code] ?? message}.`
}

const UNSAID: Partial<Record<ErrorCode, string>> = {
  unavailable: 'the server cannot do this at the moment',
  muted: 'you are muted in this room',
  moderated: 'only operators and voiced users may speak here at the moment',
}

/** Why a command was not carried out. */
export function whyUndone(error: unknown) {
  if (!(error instanceof RefusedError)) return 'Not connected at the moment.'
  const { message, hint } = error
  return hint ? `${message}. ${hint}.` : `${message}.`
}

/** Says who has put the visitor out of a room, and the reason. */
export function whyOut(room: string, event?: UserLeft | UserKicked, ban?: Extract<RoomEvent, { type: 'role' }>) {
  if (event?.type !== 'userKicked') return `You were put out of ${room}.`
  const did = ban?.on ? 'banned' : 'removed'
  return `${event.from} ${did} you from ${room}${ban?.on ? untilWords(ban.until) : ''}${because(event.body)}`
}

export function whyUnregistered({ message, code }: RefusedError, nickname: string) {
  if (code === 'name-taken') return `${nickname} is registered already.`
  if (code === 'secret-invalid') return 'A password has 8 to 128 characters.'
  return message
}
