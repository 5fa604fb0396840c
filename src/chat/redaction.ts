import type { Event } from '../engine/event.ts'
import { type ModeratorActions, moderatorReason } from './moderator-actions.ts'
import { fold } from './names.ts'
import type { Reader } from './reader.ts'
import { Refusal } from './refusal.ts'
import type { Membership, Standing } from './session.ts'

/** Time in which users may delete their own messages, in ms. */
const OWN_DELETE_MS = 3_600_000

/** Deletion of messages (docs/protocols/moderation.md, section 2). */
export class Redaction {
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
