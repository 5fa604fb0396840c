import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { askSecret } from '../ask-secret.ts'
import { serverAddress } from '../client/address.ts'
import { DisconnectedError, RefusedError } from '../client/errors.ts'
import { dialOf } from '../client/node/dial.ts'
import type { Dial } from '../client/transport.ts'
import { fileFault } from '../file-fault.ts'
import { localMinute } from './event-text.ts'
import { CommandFailure, EXIT, misuse } from './failure.ts'
import { type ClientIdentity, identityOf, secretIn } from './identity.ts'
import type { CommonValues } from './options.ts'
import { safeLine } from './safe-text.ts'

const DEFAULT_SERVER = '127.0.0.1:9090'
/** Time between two attempts to connect for the first time. */
const RETRY_MS = 500
/** Number of nicknames that are tried where none was chosen: `ann`, `ann-2`, `ann-3`, … */
const MAX_NAMES = 9
const NAME_TAKEN = new Set(['name-in-room', 'name-in-use', 'name-reserved'])
/** Codes of refusals that end when somebody leaves. */
const NAME_IN_USE = new Set(['name-in-room', 'name-in-use'])
/** Codes of refusals that end by themselves. */
const TEMPORARY = new Set([
  'unavailable',
  'too-many-connections',
  'too-many-from-address',
  'out-of-memory',
  'membership-lost',
])

/** A server, and the user to be there. */
export interface Reach {
  /** Address as it was given, for messages. */
  readonly server: string
  readonly dial: Dial
  readonly identity: ClientIdentity
  readonly roomPassword: string | undefined
  /** True if a secret can be asked for: input and standard error are a terminal. */
  readonly canAsk: boolean
}

/** Returns server and user from options and environment. @throws CommandFailure */
export async function reachOf(
  values: CommonValues,
  { server, suffix }: { server?: string | undefined; suffix?: string } = {},
): Promise<Reach> {
  const given = fullAddress(values.server ?? server ?? (process.env.ROOMD_SERVER || DEFAULT_SERVER))
  const passwordFile = values['room-password-file']
  return {
    server: given,
    dial: await dialTo(given, values.ca),
    identity: identityOf(values, suffix),
    roomPassword: passwordFile === undefined ? undefined : secretIn('--room-password-file', passwordFile),
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
  }
}

/** Returns the address for a port alone, which is one of this machine; other addresses as they are. */
function fullAddress(server: string): string {
  return /^:?\d{1,5}$/.test(server) ? `127.0.0.1:${server.replace(':', '')}` : server
}

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

/** Returns what an error of the client library means for a command; other errors as they are. */
export function failureOf(error: unknown, { server, identity }: Reach): unknown {
  const options = { cause: error }
  if (error instanceof RefusedError) {
    const status = error.code === 'unavailable' ? EXIT.unavailable : EXIT.refused
    return new CommandFailure(status, refusalText(error, identity), options)
  }
  if (!(error instanceof DisconnectedError)) return error
  const { message, code } = error
  // Out of a room by somebody else's will.
  if (code === 'room-unknown' || code === 'kicked') return new CommandFailure(EXIT.refused, safeLine(message), options)
  if (/does not speak/.test(message)) {
    return misuse(
      `${server} is not a line port of roomd, which is 9090 by default; over WebSocket write http://HOST:PORT`,
    )
  }
  // The last word of a server that was reached.
  if (code !== undefined) {
    const status = isTemporary(error) ? EXIT.unavailable : EXIT.refused
    return new CommandFailure(status, `${safeLine(message)} (${code})`, options)
  }
  const place = server.replace(/:$/, '')
  const why = connectingFailure(safeLine(message), place)
  return new CommandFailure(EXIT.unavailable, `cannot reach ${place}: ${why} (--server, ROOMD_SERVER)`, options)
}

/** Returns why a server cannot be reached, with what to do about it. */
function connectingFailure(message: string, place: string): string {
  if (message === 'Not connected' || /ECONNREFUSED/.test(message)) return 'is roomd running there?'
  if (/without a word/.test(message) && !place.includes('://'))
    return `it ends connections without a word; for a port with TLS write tls://${place}`
  if (message === 'socket hang up')
    return `it ends connections without a word; for a port with TLS write ${place.replace(/^(http|ws):/, '$1s:')}`
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) return 'the host is not known'
  const [, tlsFault] = /SSL routines:[^:]*:([^:]*)/.exec(message) ?? []
  if (tlsFault !== undefined)
    return `no TLS there (${tlsFault}); for a port without TLS leave out tls://, or the s of https:// and wss://`
  // Such as a line port, which answers HTTP by status 400.
  if (/^(Parse Error: Expected HTTP|Unexpected server response: 400)/.test(message)) {
    const cure = /^(https|wss):/.test(place) ? 'write tls://HOST:PORT' : 'leave out http://'
    return `no WebSocket of roomd there (${message.replace(/^Unexpected server response: /, 'status ')}); for a line port ${cure}`
  }
  return /certificate/.test(message) ? `${message.replace(/;.*/, '')}; --ca FILE trusts one` : message
}

/** Returns a refusal as text with its code and its hint or reason, on one line. */
export function refusalLine({ message, code, hint, until, reason }: RefusedError): string {
  const end = until === undefined ? '' : ` until ${localMinute(until)}`
  const more = hint ?? reason
  return safeLine(more === undefined ? `${message}${end} (${code})` : `${message}${end} (${code}): ${more}`)
}

/** Returns a refusal with what to do about it: the advice for this program, or else the hint of the server. */
function refusalText(error: RefusedError, identity: ClientIdentity): string {
  const advice = adviceFor(error.code, identity)
  if (advice === undefined) return refusalLine(error)
  const isToken = error.code === 'secret-wrong' && identity.token !== undefined
  return safeLine(`${isToken ? 'Access token invalid' : error.message} (${error.code}); ${advice}`)
}

function adviceFor(code: string, { isChosen, nickname, password, token }: ClientIdentity): string | undefined {
  switch (code) {
    case 'name-invalid':
      if ((password ?? token) === undefined) return undefined
      return isChosen ? `is ${nickname} an account?` : '--as (ROOMD_AS) names the account of the password or token'
    case 'name-in-room':
      return isChosen ? 'choose another nickname with --as' : undefined
    case 'name-reserved':
      return 'prove it with --password-file, --token-file or ROOMD_TOKEN, or choose another one with --as'
    case 'secret-wrong':
      return token === undefined ? undefined : `it is not a token of ${nickname}, or has ended`
    case 'token-scope':
      return 'a token for the room with the right write can send, one with the right read can tail'
    case 'room-private':
      return 'give --room-password-file'
    default:
      return undefined
  }
}

function isTemporary(error: unknown): boolean {
  if (error instanceof RefusedError) return error.code === 'unavailable'
  if (!(error instanceof DisconnectedError)) return false
  return error.code === undefined ? !/does not speak/.test(error.message) : TEMPORARY.has(error.code)
}

/** Returns the way to a server. @throws CommandFailure */
async function dialTo(server: string, caFile: string | undefined): Promise<Dial> {
  try {
    if (caFile === undefined) return await dialOf(server)
    const address = serverAddress(server)
    const isEncrypted = address.by === 'websocket' ? address.url.startsWith('wss:') : address.by === 'tls'
    if (!isEncrypted) throw misuse('--ca is for tls://, wss:// and https://')
    return await dialOf(server, { ca: certificatesIn(caFile) })
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    const text = error instanceof Error ? error.message : String(error)
    throw misuse(`--server ${server}: ${text}; write HOST, HOST:PORT, tls://HOST:PORT or http://HOST:PORT`)
  }
}

/** Returns the certificates of the option `--ca`. @throws CommandFailure */
function certificatesIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw misuse(`--ca ${file}: ${fileFault(error)}`)
  }
}
