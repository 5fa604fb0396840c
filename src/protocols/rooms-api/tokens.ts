import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Proof } from '../../chat/credentials.ts'
import { Refusal } from '../../chat/refusal.ts'
import { TOKEN_RIGHTS, type TokenRight } from '../../chat/token-scope.ts'
import type { TokenInfo, TokenRequest } from '../../chat/tokens.ts'
import { takeAnyBody } from '../../transport/http/body.ts'
import { readObject } from '../json.ts'
import type { RoomsApiContext } from './context.ts'
import { Problem } from './problems.ts'

/** Form of a time of ISO 8601 with its zone. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/

/** Adds the routes of the account's access tokens, `/api/tokens` (docs/protocols/rooms-api.md, section 1.1). */
export function addTokens(app: FastifyInstance, context: RoomsApiContext): void {
  const { tokens } = context.chat
  app.register(async (scope) => {
    takeAnyBody(scope)
    scope.post('/api/tokens', async (request, reply) => {
      const owner = await ownerOf(context, request, 'write')
      const made = tokenRequestOf(request.body)
      const value = await tokens.create(owner, made)
      const info = (await tokens.list(owner)).find(({ name }) => name === made.name)
      return reply.code(201).send({ ...(info && tokenOf(info)), value })
    })
    scope.get('/api/tokens', async (request) => {
      const owner = await ownerOf(context, request, 'read')
      return (await tokens.list(owner)).map(tokenOf)
    })
    scope.delete<{ Params: { name: string } }>('/api/tokens/:name', async (request, reply) => {
      const owner = await ownerOf(context, request, 'write')
      await tokens.revoke(owner, request.params.name)
      return reply.code(204).send()
    })
  })
}

/** @throws Refusal `account-required`. */
async function ownerOf(context: RoomsApiContext, request: FastifyRequest, right: TokenRight): Promise<Proof> {
  const { proof } = await context.authorize(request, right)
  if (!proof) throw new Refusal('account-required')
  return proof
}

function tokenOf({ name, rooms, rights, createdAt, until }: TokenInfo) {
  return {
    name,
    ...(rooms && { rooms }),
    may: rights,
    createdAt: new Date(createdAt).toISOString(),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  }
}

/** Reads the body of a request for a token. @throws {Problem} 400 */
function tokenRequestOf(body: unknown): TokenRequest {
  const { name, rooms, may, until } = (Buffer.isBuffer(body) && readObject(body)) || invalid('a JSON object')
  if (typeof name !== 'string') return invalid('a name, a text')
  if (rooms !== undefined && !isListOf(rooms, isText)) return invalid('rooms, a list of names')
  if (may !== undefined && !isListOf(may, isRight)) return invalid('may, a list of "read" and "write"')
  if (until === undefined) return { name, rooms, rights: may }
  const end = isText(until) && TIME.test(until) ? Date.parse(until) : Number.NaN
  if (Number.isNaN(end)) return invalid('until, a time such as 2026-12-24T18:00:00Z')
  return { name, rooms, rights: may, until: end }
}

function invalid(wanted: string): never {
  throw new Problem(400, 'invalid-request', `The body needs ${wanted}`)
}

function isListOf<T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isRight(value: unknown): value is TokenRight {
  return TOKEN_RIGHTS.some((right) => right === value)
}
