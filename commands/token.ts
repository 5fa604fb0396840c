import { Refusal } from '../src/chat/refusal.ts'
import { TOKEN_RIGHTS, type TokenRight } from '../src/chat/token-scope.ts'
import type { TokenInfo, TokenRequest } from '../src/chat/tokens.ts'
import { type Command, type CommandContext, Mistake } from './command.ts'
import { timestamp } from './events.ts'
import { type CommandResult, result, type TokenEntry } from './replies.ts'
import { splitDuration, splitName } from './words.ts'

export const token: Command = {
  name: '/token',
  usage: '/token list | /token revoke <name> | /token create <name> [rooms=<a,b>] [may=<read,write>] [until=<30d>]',
  help:
    'Access tokens, which programs send in place of your password: LOGIN <nickname> <token>, or over HTTP. One for some rooms, or that may ' +
    'not read or write, changes nothing of the account. A token is shown once; revoking it ends its sessions.',
  state: 'named',
  least: 1,
  async run(context, parameter) {
    const { name: action, rest } = splitName(parameter)
    const word = action.toLowerCase()
    if (word === 'list') return list(context)
    if (word !== 'create' && word !== 'revoke')
      throw new Mistake('token-invalid', action, 'The actions are list, create and revoke')
    const [name = '', ...options] = rest.split(/[ \t]+/)
    if (name === '') throw new Mistake('missing-parameter')
    try {
      return word === 'create' ? await create(context, name, options) : await revoke(context, name)
    } catch (error) {
      if (error instanceof Refusal && error.limit === undefined) throw new Mistake(error.code, name)
      throw error
    }
  },
}

async function create({ chat, session }: CommandContext, name: string, options: readonly string[]) {
  const { value, info } = await chat.tokens.create(session, requestOf(name, options))
  return { ...result(`Token ${name}, shown only this once: ${value}`), token: { ...entryOf(info), value } }
}

async function revoke({ chat, session }: CommandContext, name: string): Promise<CommandResult> {
  await chat.tokens.revoke(session, name)
  return result(`Token ${name} is revoked`)
}

async function list({ chat, session }: CommandContext): Promise<CommandResult> {
  const tokens = (await chat.tokens.list(session)).map(entryOf)
  const lines = tokens.map(({ name, rooms, may, until }) => {
    const where = rooms ? ` in ${rooms.join(', ')}` : ''
    return `${name}: may ${may.join(', ')}${where}${until ? `, until ${until.slice(0, 16)} UTC` : ''}`
  })
  return { ...result(lines.join('\n') || 'You have no tokens'), tokens }
}

/** Reads the words after the name of a new token. @throws Mistake `token-invalid`. */
function requestOf(name: string, options: readonly string[]): TokenRequest {
  const request: { -readonly [K in keyof TokenRequest]: TokenRequest[K] } = { name }
  for (const option of options) {
    const [, key = '', value = ''] = /^(\w+)=(.*)$/s.exec(option) ?? []
    if (key === 'rooms') request.rooms = value.split(',')
    else if (key === 'may') request.rights = rightsOf(value)
    else if (key === 'until') request.until = endOf(value)
    else throw new Mistake('token-invalid', option)
  }
  return request
}

function rightsOf(value: string): readonly TokenRight[] {
  const words = value.toLowerCase().split(',')
  const rights = TOKEN_RIGHTS.filter((right) => words.includes(right))
  if (rights.length !== words.length) throw new Mistake('token-invalid', `may=${value}`)
  return rights
}

function endOf(value: string): number {
  const { until, rest } = splitDuration(value)
  if (until === undefined || rest !== '') throw new Mistake('token-invalid', `until=${value}`)
  return until
}

function entryOf({ name, rooms, rights, createdAt, until }: TokenInfo): TokenEntry {
  return {
    name,
    ...(rooms && { rooms: [...rooms] }),
    may: [...rights],
    utctimestamp: timestamp(createdAt),
    ...(until !== undefined && { until: timestamp(until) }),
  }
}
