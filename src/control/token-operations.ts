/** `roomd token`: makes, lists and ends the access tokens of an account. */
import { splitDuration } from '../../commands/words.ts'
import type { Chat } from '../chat/chat.ts'
import { TOKEN_RIGHTS, type TokenRight } from '../chat/token-scope.ts'
import { ConfigError } from '../config.ts'
import { shownOnTerminal, shownTime } from './cells.ts'
import type { ControlReply } from './reply.ts'

/** A request about the access tokens of the account `name`. */
export type TokenControlRequest =
  | {
      readonly action: 'token create'
      readonly name: string
      readonly token: string
      readonly rooms?: readonly string[] | undefined
      readonly rights?: readonly TokenRight[] | undefined
      /** Time in ms since the epoch. */
      readonly until?: number | undefined
    }
  | { readonly action: 'token list'; readonly name: string }
  | { readonly action: 'token revoke'; readonly name: string; readonly token: string }

/** Returns the request of `roomd token ACTION ACCOUNT [NAME]`. @throws {ConfigError} */
export function tokenRequestOf({
  action,
  account,
  name: token,
  rooms,
  may,
  until,
}: Readonly<Record<string, unknown>>): TokenControlRequest {
  if (action !== 'create' && action !== 'list' && action !== 'revoke')
    throw new ConfigError(`token ${action} is unknown; see roomd token --help`)
  if (typeof account !== 'string' || account === '') throw new ConfigError(`token ${action} needs an account`)
  const limits = [rooms, may, until]
  if (action !== 'create' && limits.some((limit) => limit !== undefined))
    throw new ConfigError(`token ${action} takes no --rooms, --may or --until`)
  if (action === 'list') {
    if (token !== undefined) throw new ConfigError('token list takes no name of a token')
    return { action: 'token list', name: account }
  }
  if (typeof token !== 'string' || token === '') throw new ConfigError(`token ${action} needs the name of a token`)
  if (action === 'revoke') return { action: 'token revoke', name: account, token }
  const [onlyRooms, rights] = [wordsOf(rooms), wordsOf(may)]
  if (rights && !rights.every(isRight)) throw new ConfigError('--may takes read, write, or both: read,write')
  return { action: 'token create', name: account, token, rooms: onlyRooms, rights, until: endOf(until) }
}

/** Returns a request that another process has sent; undefined if it is invalid. */
export function readTokenRequest(sent: Readonly<Record<string, unknown>>): TokenControlRequest | undefined {
  const { action, name, token, rooms, rights, until } = sent
  if (typeof name !== 'string') return undefined
  if (action === 'token list') return { action, name }
  if (typeof token !== 'string') return undefined
  if (action === 'token revoke') return { action, name, token }
  if (action !== 'token create' || !(until === undefined || typeof until === 'number')) return undefined
  if (!isOptionalList(rooms, isText) || !isOptionalList(rights, isRight)) return undefined
  return { action, name, token, rooms, rights, until }
}

/** Runs a request. @throws Refusal */
export async function* operateTokens(
  { administration, tokens }: Chat,
  request: TokenControlRequest,
): AsyncGenerator<ControlReply> {
  const owner = await administration.ownerOf(request.name)
  switch (request.action) {
    case 'token create': {
      const { token: name, rooms, rights, until } = request
      // Alone on its line, so that a shell can assign it.
      return yield { done: await tokens.create(owner, { name, rooms, rights, until }) }
    }
    case 'token revoke':
      await tokens.revoke(owner, request.token)
      return yield { done: `revoked token ${request.token} of ${owner.name}` }
    case 'token list':
      yield { row: ['NAME', 'MAY', 'ROOMS', 'CREATED', 'UNTIL'] }
      for (const { name, rights, rooms, createdAt, until } of await tokens.list(owner)) {
        const end = until === undefined ? '-' : shownTime(until)
        yield { row: [shownOnTerminal(name), rights.join(','), rooms?.join(',') ?? '-', shownTime(createdAt), end] }
      }
      yield { done: '' }
  }
}

function wordsOf(list: unknown): readonly string[] | undefined {
  return typeof list === 'string' ? list.split(',') : undefined
}

function endOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  const { until, rest } = splitDuration(text)
  if (until === undefined || rest !== '') throw new ConfigError('--until takes a time such as 12h or 30d')
  return until
}

function isRight(value: unknown): value is TokenRight {
  return TOKEN_RIGHTS.some((right) => right === value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isOptionalList<T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every(is))
}
