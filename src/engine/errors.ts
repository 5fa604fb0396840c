/** The errors of an engine, see {@link Engine}. */

/** The engine cannot be opened or has died. The message is one line for an operator and names the file or server and the reason. */
export class EngineFault extends Error {
  override name = 'EngineFault'
  /** True if another process uses the store. */
  readonly isInUse: boolean

  constructor(message: string, { isInUse = false, ...options }: ErrorOptions & { readonly isInUse?: boolean } = {}) {
    super(message, options)
    this.isInUse = isInUse
  }
}

/** The engine cannot commit at present; a later attempt may succeed. */
export class Unavailable extends Error {
  override name = 'Unavailable'
}

/** The log may lack events after the requested id. */
export class Gone extends Error {
  override name = 'Gone'
}

/** The room of the log is closed, or the event is a `left`, a `kicked` or the `role` of a guest for a user who is not in the room. */
export class Closed extends Error {
  override name = 'Closed'
}

/** The `joined` or `left` was not appended, as the user is in the room through another node too. Followers have all earlier events. */
export class Shared extends Error {
  override name = 'Shared'
}

/** The room has as many names as the claim allows. */
export class Full extends Error {
  override name = 'Full'
}

/** The log has an event of the same nickname with the nonce of the draft, which was not appended. */
export class Repeated extends Error {
  override name = 'Repeated'
  /** Id of that event. */
  readonly id: number

  constructor(id: number) {
    super(`repeats event ${id}`)
    this.id = id
  }
}

/** Another room has the title or slug. */
export class Taken extends Error {
  override name = 'Taken'
}
