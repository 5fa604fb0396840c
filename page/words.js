/** What the server refuses, as a sentence and the field it belongs to. */

/** @import { Field, Wanted } from './types.d.ts' */

export class Refused extends Error {
  /**
   * @param {string} text
   * @param {Field} field
   * @param {{ taken?: boolean, passing?: boolean }} [kind] the nickname is in use in the room; it may work in a moment
   */
  constructor(text, field, { taken = false, passing = false } = {}) {
    super(text)
    this.field = field
    this.taken = taken
    this.passing = passing
  }
}

/**
 * @param {string} error
 * @param {Wanted} wanted
 * @returns {Refused}
 */
export function refusalOf(error, { nickname, password, room }) {
  switch (error) {
    case 'Invalid nickname':
      return password
        ? new Refused(`${nickname} is not registered. Leave the password empty.`, 'password')
        : new Refused('A nickname is 3 to 16 letters and digits.', 'nickname')
    case 'Nickname is reserved':
      return new Refused(
        `${nickname} is registered or reserved. Give its password, or take another nickname.`,
        'password',
      )
    case 'Password incorrect':
      return new Refused(`This is not the password of ${nickname}.`, 'password')
    case 'Too many attempts, wait a minute':
      return new Refused('Too many wrong passwords. Wait a minute, then try again.', 'password')
    case 'User with such nickname is already present in the requested room':
      return new Refused(`Somebody in ${room} is called ${nickname}. Take another nickname.`, 'nickname', {
        taken: true,
      })
    case 'Room is private':
      return new Refused(`${room} is a private room. It cannot be entered from here.`, 'room')
    case 'Temporarily unavailable':
      return new Refused('The server cannot do this at the moment. Try again soon.', '', { passing: true })
  }
  if (error.startsWith('Invalid room name')) return new Refused(roomWrong(room) || error, 'room')
  return new Refused(error, '')
}

/** @param {string} nickname */
export function nicknameWrong(nickname) {
  if (!nickname) return 'Pick a nickname.'
  return /^[0-9a-zA-Z]{3,16}$/.test(nickname) ? '' : 'A nickname is 3 to 16 letters and digits.'
}

/** @param {string} room */
export function roomWrong(room) {
  if (!room) return 'Name a room.'
  return /^[0-9a-zA-Z]{1,70}$/.test(room) ? '' : 'The name of a room is letters and digits, at most 70.'
}

/**
 * Why something was not said.
 * @param {string} error
 * @param {string | undefined} to
 */
export function whyUnsaid(error, to) {
  if (error.startsWith('No such user here')) {
    return `Not sent: ${to} is not in this room, or cannot get private messages.`
  }
  return `Not sent: ${error === 'Temporarily unavailable' ? 'the server cannot do this at the moment' : error}.`
}

/**
 * @param {string} error
 * @param {string} nickname
 */
export function whyUnregistered(error, nickname) {
  if (error === 'Nickname is already registered') return `${nickname} is registered already.`
  if (error === 'Invalid password') return 'This cannot be a password: it is too long.'
  return error
}
