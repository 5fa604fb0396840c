import type { Engine } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import { Expulsion } from './expulsion.ts'
import { ModeratorActions, type ModeratorActionsParts, moderatorReason } from './moderator-actions.ts'
import { fold } from './names.ts'
import type { NewsChannel } from './news.ts'
import type { Reader } from './reader.ts'
import { Refusal } from './refusal.ts'
import { Roles } from './roles.ts'
import { RoomSettings, type RoomSettingsParts } from './room-settings.ts'
import type { Membership, Standing } from './session.ts'

/** Time in which users may delete their own messages, in ms. */
const OWN_DELETE_MS = 3_600_000

/** Deletion of messages (docs/protocols/moderation.md, section 2). */
class Redaction {
  readonly #actions: ModeratorActions
  readonly #reader: Reader

  constructor(actions: ModeratorActions, reader: Reader) {
    this.#actions = actions
    this.#reader = reader
  }

  /**
   * Deletes a message: one's own within an hour, or as an operator any.
   *
   * @throws Refusal `message-unknown`, `text-too-long`.
   */
  async redact(by: Membership | Standing, id: number, why = ''): Promise<Event> {
    const body = moderatorReason(why)
    const message = await this.#messageAt(by, id)
    if (!message) throw new Refusal('message-unknown')
    if (!isOwn(message, by)) this.#actions.check(by, 'operator')
    return this.#actions.append(by, { kind: 'redacted', to: message.from, body, details: { target: id } })
  }

  /** Deletes the newest message of a user, see {@link redact}. @throws Refusal `message-unknown` also where none is among the newest events. */
  async redactLast(by: Membership, name: string, why = ''): Promise<Event> {
    const key = fold(name)
    const isTheirs = ({ kind, from }: Event) => kind === 'message' && fold(from) === key
    const [message] = await this.#reader.newest(by.room.log, 1, isTheirs, by.session)
    if (!message) throw new Refusal('message-unknown')
    return this.redact(by, message.id, why)
  }

  async #messageAt({ room, session }: Standing, id: number): Promise<Event | undefined> {
    for await (const [event] of this.#reader.pages(room.log, { before: id + 1, limit: 1 }, session)) {
      if (event?.id === id && event.kind === 'message') return event
    }
    return undefined
  }
}

/** Returns true for a message that the user may delete as its own; a guest's nickname may have been somebody else's before. */
function isOwn({ id, from, at, verified }: Event, by: Membership | Standing): boolean {
  const { session } = by
  const since = 'since' in by ? by.since : Number.POSITIVE_INFINITY
  if (fold(from) !== session.key || (verified === true) !== session.registered) return false
  return at > Date.now() - OWN_DELETE_MS && (session.registered || id > since)
}

export interface ModerationParts extends RoomSettingsParts, ModeratorActionsParts {
  readonly reader: Reader
  readonly news: NewsChannel
}

/**
 * The rights of the operators of a room (docs/protocols/moderation.md, section 2). Each action is an event in the room's log. All of them
 * refuse with `not-in-room`, `not-permitted` and `unavailable`.
 */
export class Moderation {
  readonly roles: Roles
  readonly expulsion: Expulsion
  readonly settings: RoomSettings
  readonly redaction: Redaction

  constructor(engine: Engine, parts: ModerationParts) {
    const actions = new ModeratorActions(engine, parts)
    this.roles = new Roles(actions, parts.news)
    this.expulsion = new Expulsion(actions)
    this.settings = new RoomSettings(actions, parts)
    this.redaction = new Redaction(actions, parts.reader)
  }
}
