import type { RoomRecord } from '../engine/engine.ts'
import type { Event, LogName } from '../engine/event.ts'
import { fold } from './names.ts'

/** A room as its members and their protocols see it. */
export interface Place {
  readonly record: RoomRecord
  readonly log: LogName
  /** Somebody on this node who is in it. */
  member(name: string): Session | undefined
  /** Takes a member out before its `left` stands in the log; it gets what has happened so far. */
  detach(session: Session): void
  /** Whether a `left` of this session's is still to stand in the log. */
  awaits(session: Session): boolean
  /** That is committed. */
  seenOff(session: Session): void
  /** A private message to or from a member: it gets it where it stands among what happens. */
  whisper(session: Session, event: Event): void
}

/** Why a membership has ended without the session asking for it. */
export type PutOut =
  /** The room has been closed, and the session was handed the end of it. */
  | 'room-closed'
  /** The other nodes have taken the session's node for dead and released what it held, or the store has lost that. */
  | 'membership-lost'

/**
 * A protocol as the core sees it: somebody to hand committed events to. It encodes them once, whatever the number of
 * members, and queues the result for each of them; it never waits.
 */
export interface Wire<S extends Session = Session> {
  /** For logs and metrics. */
  readonly protocol: string
  /** Whether private messages can reach its sessions (docs/protocols/README.md, R8). */
  readonly carriesPrivate: boolean
  /** Whether what a guest blocks here stays blocked when he has gone, like what the owner of an account blocks. */
  readonly keepsBlocks?: boolean
  /**
   * What happened in a room within a turn, in order, for these of its members. Private messages, from a member or to it, stand
   * among that only where it is for that member alone.
   */
  deliver(room: Place, events: readonly Event[], members: Iterable<S>): void
  /**
   * Called when a membership has ended without the session asking for it, and for each session that watches a room when the room
   * is closed. The session has been handed what happened before its own `left`; that `left` itself only when the room is closed.
   * A client has to learn of it: without a membership it hears nothing and is not heard.
   */
  putOut(room: Place, session: S, why: PutOut): void
  /** Somebody else has logged in under a session's name, which was to have it alone. */
  replaced?(session: S): void
}

/** Why the core ends a session that has not asked for it. */
export type Ending = 'account-removed' | 'password-changed'

/** The connection behind a session, as far as the core asks about it. */
export interface Lifeline {
  /** The client's address; empty when it is not known any more. */
  readonly address: string
  /** Whether the connection is ending, or has unread input that may hold its end. */
  readonly mayBeEnding: boolean
  /** Ends the connection, and tells the client why. */
  disconnect(reason: Ending): void
}

/** A live presence of a name. A protocol makes one for a connection and keeps what it needs beside it. */
export class Session {
  readonly wire: Wire
  /** Set once, when the protocol has let the name in. */
  #name = ''
  #key = ''
  /** Where it is a member. Written by rooms, in the order of their logs. */
  room: Place | undefined
  closed = false
  /** Whether the name is an account's, and this session its owner's. */
  registered = false
  /** Of its events from now on, where its protocol has colours. */
  color: string | undefined
  /** Undefined where the session is not bound to a connection. */
  protected lifeline: Lifeline | undefined

  constructor(wire: Wire, lifeline?: Lifeline) {
    this.wire = wire
    this.lifeline = lifeline
  }

  /** The client's address, by which what it asks for is bounded; empty without a connection. */
  get address(): string {
    return this.lifeline?.address ?? ''
  }

  /** Ends the connection, and tells the client why. Returns false where there is none. */
  terminate(reason: Ending): boolean {
    this.lifeline?.disconnect(reason)
    return this.lifeline !== undefined
  }

  /** Whether the session goes on, as far as its connection has been read. */
  get staying(): boolean {
    return !this.closed && this.lifeline?.mayBeEnding !== true
  }

  get name(): string {
    return this.#name
  }

  set name(name: string) {
    this.#name = name
    this.#key = fold(name)
  }

  /** Whether private messages can reach it. */
  get carriesPrivate(): boolean {
    return this.wire.carriesPrivate
  }

  /** The name as names are compared. */
  get key(): string {
    return this.#key
  }
}
