import { Refusal } from '../../../chat/refusal.ts'
import type { Range } from '../../../engine/engine.ts'
import { type Event, idAt } from '../../../engine/event.ts'
import { type IrcCommand, type IrcContext, type Lines, NOTHING } from '../command.ts'
import { LIMITS } from '../isupport.ts'
import { ircLine } from '../message.ts'
import { channelOf, SERVER } from '../names.ts'
import { historyBatch } from '../replay.ts'
import { membershipIn } from '../rooms.ts'

/** A place in a log: an id, exact or of the time. */
type Place = number

/** IRCv3, "draft/chathistory". */
export const chathistory: IrcCommand = {
  name: 'CHATHISTORY',
  least: 1,
  async run(context, { params: [subcommand = '', target = '', ...rest] }) {
    const verb = subcommand.toUpperCase()
    const fail = (code: string, why: string) => [ircLine(SERVER, `FAIL CHATHISTORY ${code} ${verb || '*'}`, [why])]
    if (verb === 'TARGETS') return fail('INVALID_TARGET', 'Only rooms that you are in have a history')
    const range = rangeOf(verb, rest)
    if (range === undefined) return fail('INVALID_PARAMS', 'Invalid parameters')
    let membership: ReturnType<typeof membershipIn>
    try {
      membership = membershipIn(context.session, target)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return [ircLine(SERVER, `FAIL CHATHISTORY INVALID_TARGET ${verb} ${target}`, ['You are not in that channel'])]
    }
    const events: Event[] = []
    for (const part of range) {
      for await (const page of context.chat.messages.history(membership, part)) events.push(...page)
    }
    const { record } = membership.room
    return historyBatch(context, channelOf(record), record, events)
  },
}

/** Returns the ranges of a request, oldest first; undefined for invalid parameters. */
function rangeOf(verb: string, params: readonly string[]): readonly Range[] | undefined {
  const [first = '', second = ''] = params
  const limitText = (verb === 'BETWEEN' ? params[2] : second) ?? ''
  if (!/^\d{1,9}$/.test(limitText)) return undefined
  const limit = Math.min(Number(limitText), LIMITS.history)
  if (limit === 0) return []
  const place = placeOf(first)
  switch (verb) {
    case 'LATEST':
      if (first === '*') return [{ limit }]
      return place === undefined ? undefined : [{ after: place, limit }]
    case 'BEFORE':
      return place === undefined ? undefined : [{ before: place, limit }]
    case 'AFTER':
      return place === undefined ? undefined : [{ after: place, limit }]
    case 'AROUND': {
      const half = Math.ceil(limit / 2)
      return place === undefined
        ? undefined
        : [
            { before: place + 1, limit: half },
            { after: place, limit: limit - half },
          ]
    }
    case 'BETWEEN': {
      const end = placeOf(second)
      if (place === undefined || end === undefined) return undefined
      return [{ after: Math.min(place, end), before: Math.max(place, end), limit }]
    }
    default:
      return undefined
  }
}

/** Returns the id that a reference such as `msgid=17` or `timestamp=2026-11-26T18:00:00.000Z` means. */
function placeOf(reference: string): Place | undefined {
  const [, key, value = ''] = /^(msgid|timestamp)=(.*)$/.exec(reference) ?? []
  if (key === 'msgid') return /^\d{1,16}$/.test(value) ? Number(value) : undefined
  const ms = key === 'timestamp' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : idAt(ms)
}

/** IRCv3, "draft/message-redaction". */
export const redact: IrcCommand = {
  name: 'REDACT',
  least: 2,
  async run({ chat, session }: IrcContext, { params: [target = '', id = '', reason = ''] }): Promise<Lines> {
    const fail = (code: string, why: string) => [ircLine(SERVER, `FAIL REDACT ${code} ${target} ${id}`, [why])]
    if (!/^\d{1,16}$/.test(id)) return fail('UNKNOWN_MSGID', 'There is no such message')
    try {
      await chat.moderation.redaction.redact(membershipIn(session, target), Number(id), reason)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.code === 'message-unknown') return fail('UNKNOWN_MSGID', 'There is no such message')
      if (error.code === 'not-permitted') return fail('REDACT_FORBIDDEN', 'You may not delete this message')
      return [ircLine(SERVER, `FAIL REDACT INVALID_TARGET ${target}`, ['You cannot delete messages there'])]
    }
    return NOTHING
  },
}
