import { DisconnectedError, RefusedError } from '../client/errors.ts'
import { localMinute } from './event-text.ts'
import { CommandFailure, EXIT, misuse } from './failure.ts'
import type { ClientIdentity } from './identity.ts'
import type { Reach } from './reach.ts'
import { safeLine } from './safe-text.ts'

/** Codes of refusals that end by themselves. */
const TEMPORARY = new Set([
  'unavailable',
  'too-many-connections',
  'too-many-from-address',
  'out-of-memory',
  'membership-lost',
])

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

/** Returns true for an error that ends by itself. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof RefusedError) return error.code === 'unavailable'
  if (!(error instanceof DisconnectedError)) return false
  return error.code === undefined ? !/does not speak/.test(error.message) : TEMPORARY.has(error.code)
}
