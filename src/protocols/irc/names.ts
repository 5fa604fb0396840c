import { isTitle, LONGEST_NAME } from '../../chat/names.ts'
import { owned } from '../../chat/text.ts'
import type { RoomRecord } from '../../engine/engine.ts'

/** Name of the server in sources and numerics. */
export const SERVER = 'roomd'

/** Maximum bytes of a nickname, of characters of 4 bytes. */
export const MAX_NICK_BYTES = 4 * LONGEST_NAME
/** Maximum bytes of a title in the name of a channel: with it a line has space for the longest source and nickname, as KICK needs. */
const MAX_CHANNEL_BYTES = 90
const NO_BREAK_SPACE = '\u00a0'
/** Matches a title that cannot be the name of a channel. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters
const UNFIT = /[\s,:\u0000-\u001f\u007f-\u009f]/
/** Matches the characters that no source shows. */
const UNFIT_IN_USERNAMES = /[^\p{L}\p{M}\p{N}\u00a0_.\-[\]{}\\|^`]|\p{Default_Ignorable_Code_Point}/gu

/** The parts of a room that the name of its channel is made of. */
export type ChannelRoom = Pick<RoomRecord, 'title' | 'slug'>

/** Stands for the room of private messages, which are in none. */
export const NO_CHANNEL: ChannelRoom = { title: '', slug: '' }

/** Returns the name of a room as a channel: its title where that fits into lines, otherwise its slug. */
export function channelOf({ title, slug }: ChannelRoom): string {
  return `#${UNFIT.test(title) || Buffer.byteLength(title) > MAX_CHANNEL_BYTES ? slug : title}`
}

/** Returns true if clients take two names of channels for the same, whose CASEMAPPING is `ascii`. */
export function isSameChannel(one: string, other: string): boolean {
  const [first, second] = [one, other].map((name) => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
  return first === second
}

/** Returns the title or slug of a channel; undefined for a text that names no channel. */
export function roomNameOf(channel: string): string | undefined {
  const name = channel.slice(1)
  return channel.startsWith('#') && isTitle(name) ? name : undefined
}

/** Returns a nickname as IRC clients see it: without spaces. */
export function shownNick(name: string): string {
  return name.includes(' ') ? name.replaceAll(' ', NO_BREAK_SPACE) : name
}

/** Returns the nickname that an IRC client means. */
export function meantNick(nick: string): string {
  return nick.replaceAll(NO_BREAK_SPACE, ' ')
}

/** Returns the part of a USER argument that sources show: the characters of nicknames. */
export function usernameOf(argument: string): string {
  const fitting = argument.normalize('NFC').replace(UNFIT_IN_USERNAMES, '')
  return owned(Array.from(fitting).slice(0, LONGEST_NAME).join(''))
}

/**
 * Returns the source of a user's messages. The host tells whether the user has proved to own the account of that nickname. The user is the
 * account, and of a guest the USER argument, see {@link usernameOf}; the nickname where that is not known or empty.
 */
export function sourceOf(name: string, verified: boolean | undefined, username = ''): string {
  const { user, host } = userHostOf(name, verified, username)
  return `${shownNick(name)}!${user}@${host}`
}

/** Returns the parts of {@link sourceOf} behind the nickname. */
export function userHostOf(
  name: string,
  verified: boolean | undefined,
  username = '',
): { readonly user: string; readonly host: string } {
  const nick = shownNick(name)
  return verified ? { user: nick, host: 'account.roomd' } : { user: `~${username || nick}`, host: 'guest.roomd' }
}
