import { fold } from '../../chat/names.ts'
import { isAtLeast } from '../../chat/room-state.ts'
import type { Membership } from '../../chat/session.ts'
import type { IrcContext } from './command.ts'
import { IRC_LIMITS } from './isupport.ts'
import { fitting } from './masks.ts'
import { meantNick, shownNick } from './names.ts'

/** The masks of IRC that ban everybody. */
const EVERYBODY: ReadonlySet<string> = new Set(['*', '*!*@*', '*@*'])
/** Matches a part of a mask that all texts fit. */
const FITS_ALL = /^[*?]*$/

/** A mask of IRC as bans understand it. */
interface BanMask {
  /** The nickname or mask of the core. */
  readonly name: string
  /** Returns true for the user of a source; undefined for a mask of nicknames. */
  readonly fitsUser: ((username: string) => boolean) | undefined
}

/** Bans that cannot be told from their mask. */
const BY_NICKNAME = 'Bans are by nickname here: nick!*@*'
const TOO_MANY = 'The mask fits too many users, ban by nickname: nick!*@*'

/**
 * Returns the nicknames or masks of the core that a mask of IRC bans, or the reason why it bans nobody. The nickname counts. Where it is `*`,
 * the user without `~` does: it bans the users of the channel whose sources it fits; if there is none, those of this node who are elsewhere
 * or have gone; and if there is none either, or their users are their nicknames, it counts as a nickname.
 */
export async function bannedBy(context: IrcContext, by: Membership, mask: string): Promise<readonly string[] | string> {
  const parsed = parse(mask)
  if (!parsed) return BY_NICKNAME
  const { name, fitsUser } = parsed
  // The core refuses it to others.
  if (!fitsUser || !isAtLeast(by.room.state.rankOf(context.session), 'operator')) return [name]
  const { present, others } = await usersIn(context, by, fitsUser)
  const found = present.length > 0 ? present : elsewhere(context, fitsUser)
  if (found.every(({ nick, username }) => fold(username) === fold(nick))) return [name]
  const names = new Set(found.map((user) => meantNick(user.nick)))
  // Hosts are the same for all guests, so a user that many clients send would ban a crowd.
  const isEverybody = present.length > 1 && names.size === others
  const isCrowd = names.size > IRC_LIMITS.modes || isEverybody
  return isCrowd ? TOO_MANY : [...names]
}

/** Returns the nicknames or masks of those bans of a channel that a mask of IRC lifts, or the reason why it cannot be a ban's. */
export async function liftedBy(context: IrcContext, by: Membership, mask: string): Promise<readonly string[] | string> {
  const parsed = parse(mask)
  if (!parsed) return BY_NICKNAME
  const { name, fitsUser } = parsed
  if (!fitsUser) return [name]
  const bans = new Set((await context.chat.moderation.expulsion.bans(by)).map(({ to }) => fold(to)))
  if (bans.has(fold(name))) return [name]
  const { present } = await usersIn(context, by, fitsUser)
  const names = [...present, ...elsewhere(context, fitsUser)].map(({ nick }) => meantNick(nick))
  const banned = new Map(names.map((each) => [fold(each), each]))
  const lifted = [...banned].filter(([key]) => bans.has(key)).map(([, each]) => each)
  return lifted.length > 0 ? lifted : [name]
}

/** Returns undefined for a mask without a part, and for one of hosts or of guests alone. */
function parse(mask: string): BanMask | undefined {
  if (EVERYBODY.has(mask)) return { name: '*', fitsUser: undefined }
  const [, nick = '', given = ''] = /^([^!@]+)(?:!([^@]+))?(?:@.+)?$/s.exec(mask) ?? []
  if (!FITS_ALL.test(nick)) return { name: meantNick(nick), fitsUser: undefined }
  const user = given.replace(/^~/, '')
  if (FITS_ALL.test(user)) return undefined
  const fits = fitting(fold(user))
  return { name: meantNick(user), fitsUser: (username) => fits([...fold(username)]) }
}

/** A user as its source shows it. */
interface ShownUser {
  readonly nick: string
  readonly username: string
}

/** The users of a channel that fit, operators only where no others do, and the number of all who are no operators. */
async function usersIn(
  { chat, options }: IrcContext,
  { room }: Membership,
  fitsUser: (username: string) => boolean,
): Promise<{ readonly present: readonly ShownUser[]; readonly others: number }> {
  const members = await chat.rooms.inside(room.record.id)
  const ranks = await chat.users.ranks(room.record.id, members)
  const isOperator = ({ name }: { readonly name: string }) => isAtLeast(ranks.get(name) ?? 'member', 'operator')
  const shown = await Promise.all(
    members.map(async (name) => {
      const details = options.users.detailsOf(name)
      const isGuest = details !== undefined && !(await chat.users.isOwner(name))
      return { name, nick: shownNick(name), username: isGuest ? details.username : shownNick(name) }
    }),
  )
  const fit = shown.filter(({ username }) => fitsUser(username))
  const bannable = fit.filter((user) => !isOperator(user))
  return {
    present: bannable.length > 0 ? bannable : fit,
    others: shown.filter((user) => !isOperator(user)).length,
  }
}

/** The guests of IRC on this node, and those who have gone lately, that fit. */
function elsewhere({ chat, options }: IrcContext, fitsUser: (username: string) => boolean): ShownUser[] {
  const here = options.users.guests()
  const gone = chat.users.past.all().flatMap((past) => {
    const details = past.verified ? undefined : options.users.detailsOfPast(past)
    return details ? [{ nick: shownNick(past.name), username: details.username }] : []
  })
  return [...here, ...gone].filter(({ username }) => fitsUser(username))
}
