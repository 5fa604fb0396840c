import type { RoomRecord } from '../engine/engine.ts'
import type { Event, LogName } from '../engine/event.ts'
import { fold } from './names.ts'
import { Refusal } from './refusal.ts'
import type { RoomState } from './room-state.ts'
import type { Speaker } from './speaker.ts'
import type { StateReader } from './state-reader.ts'
import { owned } from './text.ts'
import { isFullScope, type TokenIdentity, type TokenScope } from './token-scope.ts'

/** The end of a membership that the session has not asked for. */
export type MembershipEnd =
  /** The room has been closed, and the session was handed the end of it. */
  | 'room-closed'
  /** The other nodes have taken the session's node for dead and released what it held, or the store has lost that. */
  | 'membership-lost'
  /** The session, a subscriber that is no member, may not read the room any more. */
  | 'barred'
  /** A moderator has removed the user, and the session was handed the `kicked`. */
  | 'kicked'

/**
 * A protocol as the core sees it. It is handed committed events, encodes them once, whatever the number of sessions, and queues the
 * result for each of them; it never waits.
 */
export interface Wire<S extends Session = Session> {
  /** Name for logs and metrics. */
  readonly protocol: string
  /** True if private messages can reach its sessions (docs/protocols/README.md, R8). */
  readonly carriesPrivate: boolean
  /** True if its sessions enter no room and say nothing, so that they keep their nickname from nobody. */
  readonly onlyReads?: boolean
  /** True if a guest's blocks outlive the session, like those of an account. */
  readonly keepsBlocks?: boolean
  /**
   * Takes the events of a room within a tick, in order, for these of its sessions. Private messages, from or to a session, stand
   * among them only where the call is for that session alone.
   */
  deliver(room: Room, events: readonly Event[], sessions: Iterable<S>): void
  /**
   * Takes private messages of a tick, from or to a session, that belong to none of its rooms. Undefined where clients show private
   * messages within a room only; then they stand in the inbox of an account, and reach no guest.
   */
  deliverPrivate?(session: S, events: readonly Event[]): void
  /**
   * Called when a membership has ended without the session asking for it, and for each subscriber when the room is closed or the subscriber
   * is barred. The session has been handed what happened before its own `left`; that `left` itself only when the room is closed, and a
   * `kicked`. The client has to learn of it: without a membership it hears nothing and is not heard.
   */
  putOut(room: Room, session: S, why: MembershipEnd): void
  /**
   * Called with its members and subscribers when the room has another title than `before`. What was handed out until then had the former title; what follows
   * has the new one.
   */
  retitled?(room: Room, sessions: readonly S[], before: RoomRecord): void
  /** Shows a text of the admins to these of its sessions, and encodes it once (docs/protocols/moderation.md, section 4). */
  announce(text: string, sessions: Iterable<S>): void
  /** Called when another login has taken a nickname that the session held exclusively. */
  replaced?(session: S): void
}

/** The core's reason for ending a session that has not asked for it. */
export type SessionEnd =
  | 'account-removed'
  | 'password-changed'
  /** Another session of the account has ended this one. */
  | 'logged-out'
  /** Its access token was revoked, or has expired. */
  | 'token-ended'
  /** An admin has ended it. */
  | 'disconnected'
  /** The session may be out of some of its rooms. */
  | 'membership-lost'

/** The connection of a session, as far as the core needs it. */
export interface Lifeline {
  /** The client's address, by which limits count; empty when unknown. */
  readonly address: string
  /** True if the connection is ending, or has unread input that may hold its end. */
  readonly mayBeEnding: boolean
  /** True if nothing reaches the client any more. */
  readonly isGone: boolean
  /** Ends the connection, and tells the client why; `why` is the text of an admin. */
  disconnect(reason: SessionEnd, why?: string): void
}

/** A room, as far as its users and the protocols need it; {@link FollowedRoom} lets sessions in and out. */
export interface Room {
  readonly record: RoomRecord
  readonly log: LogName
  readonly stateReader: StateReader
  /** See {@link FollowedRoom.state}. */
  readonly state: RoomState
  /** See {@link FollowedRoom.member}. */
  member(name: string): Session | undefined
  /** See {@link FollowedRoom.guestsAt}. */
  guestsAt(addressDigest: string): readonly Session[]
  /** See {@link FollowedRoom.whisper}. */
  whisper(session: Session, event: Event): void
}

/** A user who acts in a room: a member, or an author without a session. */
export interface Standing {
  readonly session: Speaker
  readonly room: Room
}

/** A session's presence in a room. The sessions of one user share its presence: one `joined`, one `left`. */
export interface Membership {
  readonly session: Session
  readonly room: Room
  /** Id of its `joined`. Of a further session 0 at an account; of a guest that of another session, or from the time of its joining. */
  readonly since: number
  /** Time of its `joined` in ms since the epoch; undefined for a further session. */
  readonly at?: number
}

/** One authenticated connection of a user, through one protocol. A protocol extends it with what it keeps for a client. */
export class Session implements Speaker {
  readonly wire: Wire
  #name = ''
  #key = ''
  /** By room id, in order of joining. Written by {@link FollowedRoom}, in the order of its log. */
  readonly memberships = new Map<number, Membership>()
  closed = false
  /** Reason of the user for leaving, which stands in the `left` events when the session closes. */
  farewell = ''
  /** Unique among the sessions of all nodes; empty before the login. */
  id = ''
  /** Time of the login in ms since the epoch. */
  since = 0
  /** The folded nickname that the session had until now, while it becomes another user in its rooms. */
  formerKey: string | undefined
  /** Time of the last message to a room in ms since the epoch; 0 if there is none. */
  spokeAt = 0
  /** True if the session has proved that it owns the account of its nickname. */
  registered = false
  /** True if a ticket was the proof. */
  byTicket = false
  /** The access token that was the proof. */
  token: TokenIdentity | undefined
  /** Id of the account, see {@link accountId}; undefined for guests. */
  accountId: string | undefined
  /** The account of an admin that the session has proved beside its own. */
  adminAccount: string | undefined
  /** True if the account, or the one of {@link adminAccount}, is an admin's, and no token limits the session; see {@link Presence.setAdmin}. */
  isAdmin = false
  /** True for a guest whose nickname nobody else may use, in whatever room. */
  isOnlyGuest = false
  /** Digest of {@link address}, see {@link AddressDigests}; undefined before the login. */
  addressDigest: string | undefined
  /** See {@link clientOf}; set before the login, and undefined again for the owner of an account. */
  client: string | undefined
  /**
   * Digest of the secret that the client of a guest has chosen, see {@link storedNonce}; for the owner of an account, of the guest who has made it.
   */
  wordDigest: string | undefined
  /** True if the account is marked as a program's. */
  isBot = false
  /** Colour of its messages from now on, at protocols that have colours. */
  color: string | undefined
  /** Undefined where the session is not bound to a connection. */
  protected lifeline: Lifeline | undefined

  constructor(wire: Wire, lifeline?: Lifeline) {
    this.wire = wire
    this.lifeline = lifeline
  }

  /** The client's address, by which limits count; empty without a connection. */
  get address(): string {
    return this.lifeline?.address ?? ''
  }

  /** See {@link Wire.protocol}. */
  get protocol(): string {
    return this.wire.protocol
  }

  /** The limits of the session's access token; undefined if it has none. */
  get scope(): TokenScope | undefined {
    return this.token && !isFullScope(this.token.scope) ? this.token.scope : undefined
  }

  /** The only membership at protocols with one room at a time; the oldest one otherwise. */
  get membership(): Membership | undefined {
    if (this.memberships.size === 0) return undefined
    return this.memberships.values().next().value
  }

  /** {@link membership}. @throws Refusal `not-in-room`: the session may have been put out at this moment. */
  inRoom(): Membership {
    const { membership } = this
    if (!membership) throw new Refusal('not-in-room')
    return membership
  }

  /** Ends the connection, and tells the client why. Returns false where there is none. */
  terminate(reason: SessionEnd, why?: string): boolean {
    this.lifeline?.disconnect(reason, why)
    return this.lifeline !== undefined
  }

  /** True if the session goes on, as far as its connection has been read. */
  get staying(): boolean {
    return !this.closed && this.lifeline?.mayBeEnding !== true
  }

  /** True if the client's connection is gone, and not only about to end. */
  get isGone(): boolean {
    return this.lifeline?.isGone === true
  }

  /** The nickname; empty before the login. */
  get name(): string {
    return this.#name
  }

  set name(name: string) {
    this.#name = owned(name)
    this.#key = fold(name)
  }

  /** True if private messages can reach the session. */
  get carriesPrivate(): boolean {
    return this.wire.carriesPrivate
  }

  /** The folded nickname. */
  get key(): string {
    return this.#key
  }

  /** Returns true if this session and another one under its nickname are the same user's: the account's, or those of one client. */
  isOfUserOf(other: Session): boolean {
    if (this.registered || other.registered) return this.registered && other.registered
    return this.client !== undefined && this.client === other.client
  }
}

/** True while the membership lasts; the author of a request is where it is. */
export function isCurrent({ session, room }: Standing): boolean {
  return !(session instanceof Session) || session.memberships.get(room.record.id)?.room === room
}
