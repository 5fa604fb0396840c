import { fold } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import { isAtLeast } from '../../chat/room-state.ts'
import { isMask } from '../../chat/sanctions.ts'
import type { Membership } from '../../chat/session.ts'
import type { IrcContext } from './command.ts'
import { fitting, fittingUsers } from './masks.ts'
import { meantNick, shownNick } from './names.ts'
import { isHidden } from './rooms.ts'

const EVERYBODY: ReadonlySet<string> = new Set(['*', '*!*@*', '*@*'])
/** Matches a user that all guests fit. */
const ANY_USER = /^~?[*?]*$/
/** Maximum nicknames in the text about a mask that fits several users. */
const MAX_NAMED = 4

/** A mask of IRC that is compared with sources. */
interface SourceMask {
  /** The user without a `*` or `~` in front; undefined for one with other wildcards. */
  readonly exact: string | undefined
  fitsUser(user: string): boolean
  fitsHost(host: string): boolean
}

/** A user whose source a mask fits. */
interface FittingUser {
  readonly name: string
  /** True if its user is its nickname. */
  readonly isByNick: boolean
}

const BY_NICKNAME = 'Bans are by nickname here: nick!*@*'

/**
 * Returns the nickname or mask of the core that a mask of IRC bans, or the reason why it bans nobody (docs/protocols/irc.md, section 5).
 *
 * @throws Refusal `not-permitted` for a mask of sources, about which only operators are told.
 */
export async function bannedBy(context: IrcContext, by: Membership, mask: string): Promise<readonly string[] | string> {
  const parsed = parse(mask)
  if (typeof parsed !== 'object') return parsed === undefined ? BY_NICKNAME : [parsed]
  const { room } = by
  if (!isAtLeast(room.state.rankOf(context.session), 'operator')) throw new Refusal('not-permitted')
  const members = await fittingAmong(context, await context.chat.rooms.inside(room.record.id), parsed)
  const isFound = members.some(({ isByNick }) => !isByNick)
  const others = isFound ? [] : await fittingAmong(context, await outside(context, parsed), parsed)
  const names = [...new Map([...members, ...others].map(({ name }) => [fold(name), name])).values()]
  if (names.length === 1) return names
  return `The mask fits ${listed(names)}, ban by nickname: nick!*@*`
}

/** Returns the nicknames or masks of those bans of a channel that a mask of IRC lifts, or the reason why it cannot be a ban's. */
export async function liftedBy(context: IrcContext, by: Membership, mask: string): Promise<readonly string[] | string> {
  const parsed = parse(mask)
  if (typeof parsed !== 'object') return parsed === undefined ? BY_NICKNAME : [parsed]
  const bans = await context.chat.moderation.expulsion.list(by, 'banned')
  const names = bans.map(({ to }) => to).filter((to) => !isMask(to))
  return (await fittingAmong(context, names, parsed)).map(({ name }) => name)
}

/** Returns a nickname or mask of the core, or a mask of sources; undefined for a mask without a part, and for one of hosts or of guests alone. */
function parse(mask: string): string | SourceMask | undefined {
  if (EVERYBODY.has(mask)) return '*'
  const [, nick = '', user = '', host = '*'] = /^([^!@]+)(?:!([^@]+))?(?:@(.+))?$/s.exec(mask) ?? []
  if (!/^\**$/.test(nick)) return meantNick(nick)
  if (ANY_USER.test(user)) return undefined
  const fitsHost = fitting(fold(host))
  return {
    exact: /^\**~?([^*?]+)$/.exec(user)?.[1],
    fitsUser: fittingUsers(user),
    fitsHost: (shown) => fitsHost([...shown]),
  }
}

/** Resolves with those of the users of nicknames whose sources a mask fits. */
async function fittingAmong(
  { chat, options: { users } }: IrcContext,
  names: readonly string[],
  { fitsUser, fitsHost }: SourceMask,
): Promise<FittingUser[]> {
  // Whether it is an account's may be a question to the store.
  const likely = names.filter((name) =>
    [name, users.detailsOf(name)?.username ?? name].some((user) => fitsUser(`~${shownNick(user)}`)),
  )
  const found = await Promise.all(
    likely.map(async (name) => {
      const { user, host } = users.userHostOf(name, await chat.users.isOwner(name))
      if (!fitsUser(user) || !fitsHost(host)) return []
      return [{ name, isByNick: fold(user.replace(/^~/, '')) === fold(shownNick(name)) }]
    }),
  )
  return found.flat()
}

/** Resolves with the nicknames that a mask without wildcards may mean wherever they are: its user, and guests with that USER argument on this node. */
async function outside(context: IrcContext, { exact }: SourceMask): Promise<string[]> {
  if (exact === undefined) return []
  const { chat, options } = context
  const name = meantNick(exact)
  const named = (await chat.users.exists(name)) ? [name] : []
  return [...named, ...options.users.guestsBy(exact).filter((each) => !isHidden(context, each))]
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).map(shownNick)
  const others = names.length - shown.length
  if (others > 0) return `${shown.join(', ')} and ${others} more`
  return shown.length === 0 ? 'nobody here' : [shown.slice(0, -1).join(', '), ...shown.slice(-1)].join(' and ')
}
