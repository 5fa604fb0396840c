import { setTimeout as sleep } from 'node:timers/promises'
import { askSecret } from '../ask-secret.ts'
import { DisconnectedError, RefusedError } from '../client/errors.ts'
import { CommandFailure, EXIT } from './failure.ts'
import type { ClientIdentity } from './identity.ts'
import type { Reach } from './reach.ts'
import { failureOf, isTemporary } from './server-failure.ts'

/** Time between two attempts to connect for the first time. */
const RETRY_MS = 500
/** Number of nicknames that are tried where none was chosen: `ann`, `ann-2`, `ann-3`, … */
const MAX_NAMES = 9
const NAME_TAKEN = new Set(['name-in-room', 'name-in-use', 'name-reserved'])
/** Codes of refusals that end when somebody leaves. */
const NAME_IN_USE = new Set(['name-in-room', 'name-in-use'])

/** Returns true for a refusal of a nickname that somebody else has. */
export function isNameTaken(error: unknown): boolean {
  return error instanceof RefusedError && NAME_TAKEN.has(error.code)
}

/**
 * Connects and enters by `attempt`: with a password that is asked for where the nickname is an account's, under another nickname where none was
 * chosen, and again where the server is away, for `retryMs`.
 *
 * @param waits called when a nickname is in use, which is waited for as well; without it that is the end
 * @throws CommandFailure
 */
export async function entered<T>(
  reach: Reach,
  retryMs: number,
  attempt: (identity: ClientIdentity) => Promise<T>,
  waits?: (nickname: string) => void,
): Promise<T> {
  const end = Date.now() + retryMs
  let { identity } = reach
  /** True if the server may not have noticed the end of an earlier attempt, which holds the nickname. */
  let mayLinger = false
  for (let names = 1; ; ) {
    try {
      return await attempt(identity)
    } catch (error) {
      const code = error instanceof RefusedError ? error.code : undefined
      const isTaken = isNameTaken(error)
      const isAwaited = isTaken && (mayLinger || (waits !== undefined && NAME_IN_USE.has(code ?? '')))
      mayLinger ||= error instanceof DisconnectedError
      const isAnonymous = identity.password === undefined && identity.token === undefined
      if (code === 'name-reserved' && isAnonymous && reach.canAsk) {
        const password = await askSecret(`Password for ${identity.nickname}: `)
        if (password === undefined) throw new CommandFailure(EXIT.refused, 'no password was given')
        identity = { ...identity, isChosen: true, password }
      } else if (isTaken && !identity.isChosen && names < MAX_NAMES) {
        names++
        identity = { ...identity, nickname: `${reach.identity.nickname}-${names}` }
      } else if ((isTemporary(error) || isAwaited) && Date.now() + RETRY_MS < end) {
        if (isTaken) waits?.(identity.nickname)
        await sleep(RETRY_MS)
      } else {
        throw failureOf(error, reach)
      }
    }
  }
}
