/** A user who holds a name in a room. */
export interface Member {
  /** The name as the user writes it. */
  readonly name: string
  /** True if private messages reach the user. */
  readonly carriesPrivate: boolean
  /** Identifier of the user's network address; undefined when unknown. */
  readonly address?: string
  /** See {@link ClaimOptions.client}; undefined for a name that is shared without one. */
  readonly client?: string | undefined
}

export interface ClaimOptions {
  /** True by default; see {@link Member.carriesPrivate}. */
  readonly carriesPrivate?: boolean
  /** True if other nodes may hold the name too. The caller must know that it is the same user. */
  readonly shared?: boolean
  /** Identifies the user of a name that is not `shared`: other nodes may hold the name for the same one. Letters and digits. */
  readonly client?: string | undefined
  /** See {@link Member.address}; letters and digits. */
  readonly address?: string
  /** Maximum names held in the room, this one included; one that another node holds already needs no place. No limit without it. */
  readonly most?: number | undefined
}

/** The names that users hold in rooms. */
export interface EngineMemberships {
  /**
   * Claims a name in a room. Resolves with false when it is held; names are compared folded. A node may claim a name that other nodes
   * hold if all of them share it, or have the same client. The engine then refuses a `joined` of a user who is in the room through another node, and a `left` of
   * a user who stays through one, with {@link Shared}: a membership has one `joined` and one `left`, on however many nodes.
   *
   * Of claims at the same time, on whatever nodes, no more than {@link ClaimOptions.most} succeed.
   *
   * @throws Full, Unavailable
   */
  claim(room: number, nickname: string, options?: ClaimOptions): Promise<boolean>
  /** Changes a claim of this node to a shared one, without a client. */
  share(room: number, nickname: string): Promise<void>
  release(room: number, nickname: string): Promise<void>
  /** Returns true if this node still holds a name that it has claimed. Other nodes release it when they take this node for dead. */
  holds(room: number, nickname: string): boolean

  /** Resolves with the holder of a name, on any node. */
  member(room: number, nickname: string): Promise<Member | undefined>
  /** Lists the names held in a room, in order of claiming. */
  members(room: number): Promise<readonly string[]>
  /** Lists those whose users are in the room: a name is claimed before its `joined`, and released behind its `left`. */
  inside(room: number): Promise<readonly string[]>
  /** Resolves with the number of members of each room that has any. */
  counts(): Promise<ReadonlyMap<number, number>>
  /** Lists the rooms in which a name is held, in no order. */
  heldIn(nickname: string): Promise<readonly number[]>
  /**
   * Resolves with true if another name is held in a room that looks like `nickname` (UTS 39) and was claimed first, on any node. Claims that
   * began as shared ones do not count. MUST NOT read more with the number of names.
   */
  resembles(nickname: string): Promise<boolean>
}
