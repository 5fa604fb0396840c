/** Refusals of the server at the start as sentences, each with the field that it belongs to. */
import type { Limits } from '../../commands/replies.ts'
import { DisconnectedError, RefusedError } from '../../src/client/errors.ts'
import type { Settings } from '../model/settings.ts'
import { whyOf } from '../model/why.ts'
import { whyText } from '../talk/why-text.ts'

export type Field = 'nickname' | 'password'

export interface Objection {
  readonly text: string
  /** The field that is wrong, where one is. */
  readonly field?: Field
}

/** The form as somebody has sent it. */
export interface Wanted {
  readonly nickname: string
  readonly hasPassword: boolean
  readonly room: string
}

export function objectionTo(error: unknown, wanted: Wanted, settings: Settings, limits?: Limits): Objection {
  if (error instanceof RefusedError) return refusalOf(error, wanted, settings, limits)
  if (error instanceof DisconnectedError) return { text: "Can't reach the server. Try again in a moment." }
  throw error
}

function refusalOf(error: RefusedError, wanted: Wanted, settings: Settings, limits?: Limits): Objection {
  const { nickname, hasPassword, room } = wanted
  switch (error.code) {
    case 'name-invalid':
    case 'name-unknown':
      if (hasPassword) return { text: `${nickname} isn't registered. Join without a password.`, field: 'nickname' }
      return { text: nameRule(limits), field: 'nickname' }
    case 'name-reserved':
      return { text: `${nickname} is registered.`, field: 'password' }
    case 'secret-wrong':
      return { text: `Wrong password for ${nickname}.`, field: 'password' }
    case 'too-many-attempts':
      return { text: 'Too many wrong passwords. Wait a minute, then try again.', field: 'password' }
    case 'name-in-use':
      return { text: 'Someone is using this name or one that looks like it. Choose another name.', field: 'nickname' }
    case 'name-in-room':
      return { text: `Someone in #${room} is already using this name. Choose another name.`, field: 'nickname' }
    case 'room-private':
      return { text: `#${room} needs a password. Choose another room for now; you can join #${room} from there.` }
    case 'banned':
      return {
        text: `${whyText({ ...whyOf(error), text: `You're banned from #${room}` }, settings)} Choose another room.`,
      }
    case 'invite-only':
      return { text: `#${room} is invite-only. Choose another room.` }
    case 'room-full':
      return { text: `#${room} is full. Try again later, or choose another room.` }
    case 'room-name-invalid':
      return {
        text: `#${room} isn't a valid room name. Names of rooms have letters, digits, . _ and -. Choose another room.`,
      }
    case 'unavailable':
      return { text: "The server can't do this right now. Try again soon." }
    default:
      return { text: `${error.message}.` }
  }
}

/** Says what a name is made of. */
function nameRule(limits?: Limits) {
  return `Names can have up to ${limits?.nickname.maxLength ?? 32} letters and digits, and no spaces.`
}

/** Returns what is wrong with a name; empty if it is right as far as is known. */
export function nameWrong(nickname: string, limits?: Limits) {
  if (!nickname) return 'Choose a name first.'
  if (!limits) return ''
  const { pattern, maxLength } = limits.nickname
  return [...nickname].length <= maxLength && new RegExp(pattern, 'u').test(nickname) ? '' : nameRule(limits)
}
