import { fold } from '../../../chat/names.ts'
import { Refusal } from '../../../chat/refusal.ts'
import type { Membership } from '../../../chat/session.ts'
import type { Range } from '../../../engine/engine.ts'
import { type Event, timeOf } from '../../../engine/event.ts'
import { type IrcCommand, type IrcContext, NOTHING } from '../command.ts'
import { msgidOf } from '../events.ts'
import { idInMsgid, isShownTo, type Slice, sliceOf, timestampOf } from '../history.ts'
import { IRC_LIMITS } from '../isupport.ts'
import { batchBegin, batchEnd, newBatch } from '../labels.ts'
import { ircLine, type Lines } from '../message.ts'
import { channelOf, meantNick, NO_CHANNEL, SERVER, shownNick } from '../names.ts'
import { historyBatch } from '../replay.ts'
import { membershipIn } from '../rooms.ts'
import { plainText } from '../texts.ts'

type Pages = AsyncGenerator<readonly Event[]>

/** IRCv3, "draft/chathistory". */
const chathistory: IrcCommand = {
  name: 'CHATHISTORY',
  usage:
    'CHATHISTORY LATEST | BEFORE | AFTER | AROUND | BETWEEN <target> <msgid=ID or timestamp=TIME or *>{ <the same>} <limit>',
  help: 'Reads what was said; CHATHISTORY TARGETS <time> <time> <limit> lists where.',
  least: 1,
  async run(context, { params: [subcommand = '', target = '', ...rest] }) {
    const verb = subcommand.toUpperCase()
    const fail = (code: string, words: readonly string[], why: string) => [
      ircLine(SERVER, 'FAIL', ['CHATHISTORY', code, ...words, why]),
    ]
    if (verb === 'TARGETS') {
      const lines = await targets(context, [target, ...rest])
      return lines ?? fail('INVALID_PARAMS', [verb], 'Invalid parameters')
    }
    const invalid = () => fail('INVALID_PARAMS', [verb || '*'], 'Invalid parameters')
    try {
      const isWith = target.startsWith('#') ? undefined : withUser(context, target)
      const find = isWith ? (msgid: string) => privateId(context, isWith, msgid) : idInMsgid
      const slice = await sliceOf(verb, rest, find)
      if (slice === undefined) return invalid()
      if (isWith) {
        const events = privateEvents(context, isWith, slice)
        return await historyBatch(context, { verb, name: target, room: NO_CHANNEL }, events)
      }
      const membership = membershipIn(context.session, target)
      const { record: room } = membership.room
      return await historyBatch(context, { verb, name: channelOf(room), room }, roomEvents(context, membership, slice))
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === 'unavailable') throw error
      return fail('INVALID_TARGET', [verb, target], 'You are not in that channel')
    }
  },
}

type ReadRange = (range: Range) => Promise<AsyncIterable<Event[]>>

/** The events of a room in a slice, oldest first. */
function roomEvents({ chat, session }: IrcContext, membership: Membership, slice: Slice): Pages {
  const isShown = (event: Event) => isShownTo(event, session)
  const all: ReadRange = async (range) => chat.messages.history(membership, range)
  const shown: ReadRange = async (range) => (await chat.messages.search(membership, range, isShown)).pages
  return eventsOf(slice, { all, shown, isShown })
}

/** The private messages of a slice, oldest first. */
function privateEvents({ chat, session }: IrcContext, isWith: (event: Event) => boolean, slice: Slice): Pages {
  const shown: ReadRange = async (range) => (await chat.inboxes.read(session, range, isWith)).pages
  return eventsOf(slice, { all: shown, shown, isShown: isWith })
}

/** The events of a slice that are shown, oldest first: the first ones of all, or the newest ones, which `shown` reads. */
async function* eventsOf(
  slice: Slice,
  { all, shown, isShown }: { readonly [K in 'all' | 'shown']: ReadRange } & { isShown(event: Event): boolean },
): Pages {
  for (const { range, isOldest } of slice) {
    const { limit = IRC_LIMITS.history, ...whole } = range
    let left = limit
    for await (const page of isOldest ? placed(whole, all) : placed(range, shown)) {
      const part = page.filter(isShown).slice(0, left)
      yield part
      left -= part.length
      if (left === 0) break
    }
  }
}

/** Reads a range, also one behind an event that is before or behind all that the log has. */
async function* placed(range: Range, read: ReadRange): Pages {
  const { after, ...others } = range
  try {
    yield* await read(range)
  } catch (error) {
    // Nothing has been read then.
    if (after === undefined || !(error instanceof Refusal && error.code === 'history-gone')) throw error
    for await (const page of await read({ ...others, from: timeOf(after) })) yield page.filter(({ id }) => id > after)
  }
}

/** Returns a test for the private messages of a session with a user. */
function withUser({ session }: IrcContext, nick: string): (event: Event) => boolean {
  const other = fold(meantNick(nick))
  return ({ from, to = '' }) =>
    fold(from) === other ? fold(to) === session.key : fold(from) === session.key && fold(to) === other
}

/**
 * Finds the private message with a `msgid`. One that is not found, as newer ones have taken its place, is before all others; one of an earlier
 * version is where its id is.
 */
async function privateId(
  { chat, session }: IrcContext,
  isWith: (event: Event) => boolean,
  msgid: string,
): Promise<number | undefined> {
  if (!/^[\w-]{1,64}$/.test(msgid)) return undefined
  const isMeant = (event: Event) => msgidOf(event) === msgid && isWith(event)
  const { pages } = await chat.inboxes.read(session, { limit: 1 }, isMeant)
  for await (const [event] of pages) if (event) return event.id
  return idInMsgid(msgid) ?? 0
}

/** The channels and users with messages between two times, each with the time of the newest; undefined for invalid parameters. */
async function targets(
  context: IrcContext,
  [first = '', second = '', count = '']: readonly string[],
): Promise<Lines | undefined> {
  const { chat, session } = context
  const times = [timestampOf(first), timestampOf(second)]
  const [from = Number.NaN, to = Number.NaN] = times.toSorted((a = 0, b = 0) => a - b)
  if (Number.isNaN(from + to) || !/^\d{1,9}$/.test(count)) return undefined
  const newest = new Map<string, number>()
  for (const { room } of session.memberships.values()) {
    const [event] = await chat.messages.recentMessages(room.record.id, session, 1)
    if (event) newest.set(channelOf(room.record), event.at)
  }
  for await (const { from: by, to: addressee = '', at } of inbox(context)) {
    newest.set(shownNick(fold(by) === session.key ? addressee : by), at)
  }
  const found = [...newest].filter(([, at]) => at > from && at < to).sort(([, a], [, b]) => a - b)
  const lines = found.slice(0, Math.min(Number(count), IRC_LIMITS.history)).map(([name, at]) => {
    return ircLine(SERVER, 'CHATHISTORY', ['TARGETS', name, new Date(at).toISOString()])
  })
  if (!session.caps.has('batch')) return lines
  const batch = newBatch()
  const within = lines.map((line) => `@batch=${batch} ${line}`)
  return [batchBegin(batch, 'draft/chathistory-targets'), ...within, batchEnd(batch)]
}

/** The newest private messages of a session; none for a guest who may not read them. */
async function* inbox({ chat, session }: IrcContext): AsyncGenerator<Event> {
  try {
    const { pages } = await chat.inboxes.read(session, { limit: IRC_LIMITS.history })
    for await (const page of pages) yield* page
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'not-in-room')) throw error
  }
}

/** IRCv3, "draft/message-redaction". */
const redact: IrcCommand = {
  name: 'REDACT',
  usage: 'REDACT <channel> <msgid> [:<reason>]',
  help: 'Deletes a message: an own one, or any as an operator.',
  least: 2,
  async run({ chat, session }: IrcContext, { params: [target = '', id = '', reason = ''] }): Promise<Lines> {
    const fail = (code: string, why: string) => [ircLine(SERVER, 'FAIL', ['REDACT', code, target, id, why])]
    try {
      const membership = membershipIn(session, target)
      if (!/^\d{1,16}$/.test(id)) return fail('UNKNOWN_MSGID', 'There is no such message')
      await chat.moderation.redaction.redact(membership, Number(id), plainText(reason, IRC_LIMITS.reason))
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === 'unavailable') throw error
      if (error.code === 'message-unknown') return fail('UNKNOWN_MSGID', 'There is no such message')
      if (error.code === 'not-permitted') return fail('REDACT_FORBIDDEN', 'You may not delete this message')
      return [ircLine(SERVER, 'FAIL', ['REDACT', 'INVALID_TARGET', target, 'You cannot delete messages there'])]
    }
    return NOTHING
  },
}

export const HISTORY_COMMANDS: readonly IrcCommand[] = [chathistory, redact]
