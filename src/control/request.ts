import { TOKEN_RIGHTS, type TokenRight } from '../chat/token-scope.ts'
import type { ControlParameters } from './operation.ts'
import { CONTROL_OPERATIONS, type ControlRequest } from './operations.ts'

const isText = (value: unknown) => typeof value === 'string'
const isFlag = (value: unknown) => typeof value === 'boolean'
const isListOf = (isItem: (item: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(isItem)

const CHECKS: Readonly<Record<keyof ControlParameters, (value: unknown) => boolean>> = {
  name: isText,
  account: isText,
  password: isText,
  token: isText,
  admin: isFlag,
  bot: isFlag,
  rooms: isListOf(isText),
  rights: isListOf(isRight),
  until: (value) => typeof value === 'number',
}

/** Returns a request that another process has sent; undefined if it is invalid. */
export function readRequest(sent: Readonly<Record<string, unknown>>): ControlRequest | undefined {
  const { action } = sent
  if (!isAction(action)) return undefined
  const given = Object.entries(CHECKS).filter(([name]) => sent[name] !== undefined)
  const isValid = given.every(([name, check]) => check(sent[name]))
  if (!isValid || CONTROL_OPERATIONS[action].needs.some((name) => sent[name] === undefined)) return undefined
  return { action, ...Object.fromEntries(given.map(([name]) => [name, sent[name]])) }
}

export function isAction(name: unknown): name is ControlRequest['action'] {
  return typeof name === 'string' && Object.hasOwn(CONTROL_OPERATIONS, name)
}

export function isRight(value: unknown): value is TokenRight {
  return TOKEN_RIGHTS.some((right) => right === value)
}
