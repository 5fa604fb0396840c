import type { Engine, RoomRecord } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import { checkAdmission } from './access.ts'
import type { AuthorAddresses } from './author-addresses.ts'
import type { Directory } from './directory.ts'
import { EXCLUSIVE } from './exclusive-names.ts'
import type { FollowedRoom } from './followed-room.ts'
import type { FollowedRooms } from './followed-rooms.ts'
import { Refusal, refuse } from './refusal.ts'
import { Session, type Standing } from './session.ts'
import type { Speaker } from './speaker.ts'
import type { Saying, Speech } from './speech.ts'
import { checkScope } from './token-scope.ts'

/** Time after which the right of an author to speak in a room is checked again, in ms. */
export const RENEW_MS = 1_000

interface PostingParts {
  readonly addresses: AuthorAddresses
  readonly directory: Directory
  readonly followed: FollowedRooms
  readonly speech: Speech
}

/** A room that an author without a session, or a session, has entered to speak there without being a member. */
export interface AuthorInRoom {
  readonly author: Speaker
  readonly room: FollowedRoom
  /** The room as it was when its password was shown. */
  readonly unlocked: RoomRecord | undefined
}

/** Messages of users who are no members: nobody joins or leaves for them, and everything else holds as for members. */
export class Posting {
  readonly #engine: Engine
  readonly #parts: PostingParts

  constructor(engine: Engine, parts: PostingParts) {
    this.#engine = engine
    this.#parts = parts
  }

  /**
   * Finds the room with a slug, or makes it; resolves with true if it was made.
   *
   * @throws Refusal `token-scope`, and as {@link Directory.open} does.
   */
  async open(author: Speaker, slug: string): Promise<{ record: RoomRecord; founds: boolean }> {
    checkScope(author, 'write', slug)
    const { name, address, accountId: account } = author
    return this.#parts.directory.open(slug, { address, name, account })
  }

  /**
   * Checks that an author may speak in a room. `unlocked` is the room as it was when its password was shown.
   *
   * @throws Refusal `token-scope`, `room-private`, `banned`, `invite-only`, `room-unknown`, `unavailable`; `name-in-room` for a guest whose
   * nickname another user holds in the room or exclusively.
   */
  async enter(author: Speaker, record: RoomRecord, unlocked?: RoomRecord): Promise<AuthorInRoom> {
    checkScope(author, 'write', record.slug)
    const room = await this.#parts.followed.hold(record, author).catch(refuse)
    checkAdmission(room, author, unlocked)
    const place = { author, room, unlocked }
    if (author.registered) return place
    const held = [record.id, EXCLUSIVE].map((id) => this.#engine.memberships.member(id, author.name))
    const [member, exclusive] = await Promise.all(held).catch(refuse)
    if (exclusive || (member && !isMember(author, record) && !isSameGuest(author, member)))
      throw new Refusal('name-in-room')
    this.#parts.addresses.note(record.id, author)
    return place
  }

  /**
   * Checks again that an author may speak in a room that it has entered, whatever the room is called by now. Resolves with the room as it is.
   *
   * @throws Refusal `room-unknown` for a room that is closed, and as {@link enter} does
   */
  async renew({ author, room, unlocked }: AuthorInRoom): Promise<AuthorInRoom> {
    return this.enter(author, await this.#parts.directory.existing(room.record.id), unlocked)
  }

  /** The standing of an author who governs a room and need not enter it. @throws Refusal `room-unknown`, `unavailable`. */
  async govern(author: Speaker, record: RoomRecord): Promise<Standing> {
    return { session: author, room: await this.#parts.followed.hold(record, author).catch(refuse) }
  }

  /** @throws Refusal `text-empty`, `text-too-long` for what is no text of a message. */
  checkText(text: string): void {
    this.#parts.speech.body(text)
  }

  /**
   * Says messages, all of them or none, see {@link Speech.say}.
   *
   * @throws Refusal as {@link Speech.say} and {@link enter} do
   */
  say(place: AuthorInRoom, sayings: readonly Saying[], readsFirst = true): readonly Promise<Event>[] {
    const { author, room, unlocked } = place
    checkAdmission(room, author, unlocked)
    // Somebody may have joined under the nickname.
    const member = author.registered ? undefined : room.member(author.name)
    if (member && member !== author && !isSameGuest(author, member)) throw new Refusal('name-in-room')
    return this.#parts.speech.say(author, room, sayings, readsFirst)
  }
}

/** Returns true for a session that is a member of a room, on its way out of it: then nobody else is under its nickname. */
function isMember(author: Speaker, { id }: RoomRecord): boolean {
  return author instanceof Session && author.memberships.has(id)
}

/** Returns true if a guest and the holder of its nickname are one user, see {@link Session.client}. */
function isSameGuest({ client }: Speaker, holder: Pick<Speaker, 'client'>): boolean {
  return client !== undefined && client === holder.client
}
