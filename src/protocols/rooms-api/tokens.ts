import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { XStatic } from 'typebox/schema'
import type { Proof } from '../../chat/credentials.ts'
import { Refusal } from '../../chat/refusal.ts'
import type { TokenRight } from '../../chat/token-scope.ts'
import type { TokenInfo } from '../../chat/tokens.ts'
import { jsonOf } from './body.ts'
import type { RoomsApiContext } from './context.ts'
import { isoOf } from './event.ts'
import { objectOf, TIME } from './json-schema.ts'
import { NO_PARAMETERS } from './schemas.ts'
import { checked, checkedQuery } from './validation.ts'

const RIGHTS = { type: 'array', items: { type: 'string', enum: ['read', 'write'] }, minItems: 1 } as const
const LIMITS = {
  name: { type: 'string', description: 'Unique among the tokens of the account, without regard to case.' },
  rooms: { type: 'array', items: { type: 'string' }, minItems: 1, description: 'The only rooms; all without it.' },
} as const

export const API_TOKEN_REQUEST = objectOf(['name'], {
  ...LIMITS,
  may: { ...RIGHTS, description: 'Both if not given.' },
  until: { ...TIME, description: 'The time from which on the token opens nothing.' },
})

export const API_TOKEN = objectOf(['name', 'may', 'createdAt'], {
  ...LIMITS,
  may: RIGHTS,
  createdAt: TIME,
  until: TIME,
  value: { type: 'string', description: 'The token itself, in the answer to its making only.' },
})
type ApiToken = Readonly<XStatic<typeof API_TOKEN>>

/** Adds the routes of the account's access tokens, `/api/tokens` (docs/protocols/rooms-api.md, section 1.1). */
export function addTokens(app: FastifyInstance, context: RoomsApiContext): void {
  const { tokens } = context.chat
  app.post('/api/tokens', async (request, reply) => {
    const owner = await ownerOf(context, request, 'write')
    const { name, rooms, may: rights, until: end } = await checked(API_TOKEN_REQUEST, jsonOf(request), 'The body')
    const until = end === undefined ? undefined : Date.parse(end)
    const { value, info } = await tokens.create(owner, { name, rooms, rights, until })
    return reply.code(201).send({ ...tokenOf(info), value })
  })
  app.get('/api/tokens', async (request) => {
    const owner = await ownerOf(context, request, 'read')
    return (await tokens.list(owner)).map(tokenOf)
  })
  app.delete<{ Params: { name: string } }>('/api/tokens/:name', async (request, reply) => {
    const owner = await ownerOf(context, request, 'write')
    await tokens.revoke(owner, request.params.name)
    return reply.code(204).send()
  })
}

/** @throws Refusal `account-required`. */
async function ownerOf(context: RoomsApiContext, request: FastifyRequest, right: TokenRight): Promise<Proof> {
  const { proof } = await context.authorization.authorize(request, right)
  if (!proof) throw new Refusal('account-required')
  await checkedQuery(NO_PARAMETERS, request.query)
  return proof
}

function tokenOf({ name, rooms, rights, createdAt, until }: TokenInfo): ApiToken {
  return {
    name,
    ...(rooms && { rooms: [...rooms] }),
    may: [...rights],
    createdAt: isoOf(createdAt),
    ...(until !== undefined && { until: isoOf(until) }),
  }
}
