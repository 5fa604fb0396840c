/** What the server refuses, as a sentence and the field it belongs to. */

/** @import { ErrorReply, Field, Wanted } from './types.d.ts' */

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
 * @param {ErrorReply} reply
 * @param {Wanted} wanted
 * @returns {Refused}
 */
export function refusalOf({ error, code }, { nickname, password, room }) {
  switch (code) {
    case 'name-invalid':
    case 'name-unknown':
      return password
        ? new Refused(`${nickname} is not registered. Leave the password empty.`, 'password')
        : new Refused('A nickname is 3 to 16 letters and digits.', 'nickname')
    case 'name-reserved':
      return new Refused(
        `${nickname} is registered or reserved. Give its password, or take another nickname.`,
        'password',
      )
    case 'secret-wrong':
      return new Refused(`This is not the password of ${nickname}.`, 'password')
    case 'too-many-attempts':
      return new Refused('Too many wrong passwords. Wait a minute, then try again.', 'password')
    case 'name-in-room':
      return new Refused(`Somebody in ${room} is called ${nickname}. Take another nickname.`, 'nickname', {
        taken: true,
      })
    case 'room-private':
      return new Refused(`${room} is a private room. It cannot be entered from here.`, 'room')
    case 'unavailable':
      return new Refused('The server cannot do this at the moment. Try again soon.', '', { passing: true })
    case 'room-name-invalid':
      return new Refused(roomWrong(room) || error, 'room')
  }
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
 * @param {ErrorReply} reply
 * @param {string | undefined} to
 */
export function whyUnsaid({ error, code }, to) {
  if (code === 'nobody-here') {
    return `Not sent: ${to} is not in this room, or cannot get private messages.`
  }
  return `Not sent: ${code === 'unavailable' ? 'the server cannot do this at the moment' : error}.`
}

/**
 * @param {ErrorReply} reply
 * @param {string} nickname
 */
export function whyUnregistered({ error, code }, nickname) {
  if (code === 'name-taken') return `${nickname} is registered already.`
  if (code === 'secret-invalid') return 'This cannot be a password: it is too long.'
  return error
}
