/** The requests that the words of `roomd room`, `account`, `address` and `token` make. */
import { splitDuration } from '../../commands/words.ts'
import { ConfigError } from '../config.ts'
import type { ControlOperation } from './operation.ts'
import { CONTROL_OPERATIONS, type ControlRequest } from './operations.ts'
import { readNewPassword } from './password.ts'
import { isAction, isRight } from './request.ts'
import type { CommandStreams } from './streams.ts'

export type OperatorCommand = 'room' | 'account' | 'address' | 'token'
type Words = Readonly<Record<string, unknown>>

/** Resolves with the request; asks for a password that it needs. @throws {ConfigError} */
export async function requestOf(
  command: OperatorCommand,
  words: Words,
  stdin: CommandStreams['stdin'],
): Promise<ControlRequest> {
  const { action, admin, bot } = words
  if (action === undefined && admin === undefined && bot === undefined)
    throw new ConfigError(`${command} needs an action: ${actionsOf(command)}`)
  const request = command === 'token' ? tokenRequestOf(words) : await namedRequestOf(command, words, stdin)
  if (words.json === true && !/ (?:list|show)$/.test(request.action))
    throw new ConfigError(`${request.action} prints no JSON; --json is for list and show`)
  return request
}

function actionsOf(command: string): string {
  const operations = Object.entries(CONTROL_OPERATIONS).filter(([action]) => action.startsWith(`${command} `))
  return operations.map(([, { usage }]) => usage).join(', ')
}

async function namedRequestOf(
  command: OperatorCommand,
  { action: word, name, account, admin, bot }: Words,
  stdin: CommandStreams['stdin'],
): Promise<ControlRequest> {
  const marks = { ...(typeof admin === 'boolean' && { admin }), ...(typeof bot === 'boolean' && { bot }) }
  if (Object.keys(marks).length > 0) {
    const account = nameOf('account --admin, --no-admin, --bot or --no-bot', name === undefined ? word : undefined)
    return { action: 'account mark', name: account, ...marks }
  }
  const action = `${command} ${word}`
  if (!isAction(action) || action === 'account mark')
    throw new ConfigError(`${action} is unknown; the actions are: ${actionsOf(command)}`)
  if (CONTROL_OPERATIONS[action].needs.length === 0) {
    if (name !== undefined) throw new ConfigError(`${action} takes no name`)
    return { action }
  }
  const named = { action, name: nameOf(action, name) }
  if (action === 'room owner') {
    if (typeof account !== 'string' || account === '') throw new ConfigError('room owner needs a name and an account')
    return { ...named, account }
  }
  if (account !== undefined) throw new ConfigError(`${action} takes one name`)
  const { needs }: ControlOperation = CONTROL_OPERATIONS[action]
  return needs.includes('password') ? { ...named, password: await readNewPassword(named.name, stdin) } : named
}

function nameOf(action: string, name: unknown): string {
  if (typeof name !== 'string' || name === '') throw new ConfigError(`${action} needs a name`)
  return name
}

/** Returns the request of `roomd token ACTION ACCOUNT [NAME]`. @throws {ConfigError} */
export function tokenRequestOf({ action, account, name: token, rooms, may, until }: Words): ControlRequest {
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

function wordsOf(list: unknown): readonly string[] | undefined {
  return typeof list === 'string' ? list.split(',') : undefined
}

function endOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  const { until, rest } = splitDuration(text)
  if (until === undefined || rest !== '') throw new ConfigError('--until takes a time such as 12h or 30d')
  return until
}
