import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../../../chat/refusal.ts'
import { isAtLeast } from '../../../chat/room-state.ts'
import { checkScope } from '../../../chat/token-scope.ts'
import type { HookRecord } from '../../../engine/records.ts'
import { jsonOf } from '../body.ts'
import type { RoomPath, RoomsApiContext } from '../context.ts'
import { EVENT_KINDS, isoOf } from '../event.ts'
import { objectOf, TIME } from '../json-schema.ts'
import { Problem } from '../problems.ts'
import { NO_PARAMETERS } from '../schemas.ts'
import { checked, checkedQuery } from '../validation.ts'
import { isPlainlyPrivate } from './addresses.ts'

const KINDS = {
  type: 'array',
  items: { type: 'string', enum: EVENT_KINDS },
  minItems: 1,
  uniqueItems: true,
  description: 'Kinds of the events; messages if not given.',
} as const
const SECRET = {
  type: 'string',
  minLength: 8,
  maxLength: 256,
  description: 'The key of X-Roomd-Signature; a random one if not given. In the answer to its making only.',
} as const

export const API_HOOK_REQUEST = objectOf(['url'], {
  url: { type: 'string', maxLength: 2_048 },
  kinds: KINDS,
  secret: SECRET,
})

export const API_HOOK = objectOf(['id', 'url', 'kinds', 'by', 'createdAt'], {
  id: { type: 'string' },
  url: { type: 'string' },
  kinds: KINDS,
  by: { type: 'string', description: 'The account that has made it.' },
  createdAt: TIME,
  failing: {
    ...objectOf(['since', 'error'], { since: TIME, error: { type: 'string' } }),
    description: 'Set while events cannot be delivered.',
  },
  secret: SECRET,
})

interface HookPath {
  Params: { room: string; hook: string }
}

/** Adds the routes for the outgoing webhooks of a room, `/rooms/<room>/hooks`, for its operators (docs/protocols/rooms-api.md, section 2.7). */
export function addOutgoingHooks(app: FastifyInstance, context: RoomsApiContext): void {
  const { hooks } = context.chat
  app.post<RoomPath>('/rooms/:room/hooks', async (request, reply) => {
    const { room, maker } = await operatedRoom(context, request, request.params.room)
    const {
      url,
      kinds = ['message'],
      secret = newSecret(),
    } = await checked(API_HOOK_REQUEST, jsonOf(request), 'The body')
    const hook = await hooks.create(room, { url: hookUrlOf(url, context.hooksPrivate), kinds, secret, ...maker })
    if (!hook) throw new Problem(409, 'too-many-hooks', 'The room, or the server, has the maximum number of webhooks')
    return reply.code(201).send({ ...hookOf(hook), secret })
  })
  app.get<RoomPath>('/rooms/:room/hooks', async (request) => {
    const { room } = await operatedRoom(context, request, request.params.room)
    return (await hooks.list(room)).map(hookOf)
  })
  app.delete<HookPath>('/rooms/:room/hooks/:hook', async (request, reply) => {
    const { room } = await operatedRoom(context, request, request.params.room)
    const { hook: id } = request.params
    const isThere = (await hooks.list(room)).some((hook) => hook.id === id)
    if (!isThere || !(await hooks.remove(id))) throw new Problem(404, 'not-found', `No such webhook: ${id}`)
    return reply.code(204).send()
  })
}

function newSecret(): string {
  return randomBytes(24).toString('base64url')
}

/** Finds a room whose operator sends the request. @throws Refusal `account-required`, `not-permitted`. */
async function operatedRoom({ chat, ...context }: RoomsApiContext, request: FastifyRequest, slug: string) {
  const caller = await context.authorization.authorize(request, 'write')
  await checkedQuery(NO_PARAMETERS, request.query)
  const { proof, author, identity } = caller
  if (!proof || !author || identity.accountId === undefined) throw new Refusal('account-required')
  const room = await context.authorization.readableRoom(caller, slug)
  checkScope(author, 'write', room.slug)
  const state = await chat.access.stateOf(room, identity)
  if (!isAtLeast(state.rankOf(identity), 'operator')) throw new Refusal('not-permitted')
  return { room, maker: { by: proof.name, account: identity.accountId } }
}

/** Returns a webhook as operators see it; the secret is shown once. */
function hookOf({ id, url, kinds, by, createdAt, failing }: HookRecord) {
  return {
    id,
    url,
    kinds,
    by,
    createdAt: isoOf(createdAt),
    ...(failing && { failing: { since: isoOf(failing.since), error: failing.error } }),
  }
}

/** Returns the URL of a webhook. @throws {Problem} 400 */
function hookUrlOf(text: string, mayBePrivate: boolean): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Problem(400, 'invalid-request', 'Body.url must be an http or https URL')
  if (!mayBePrivate && isPlainlyPrivate(url))
    throw new Problem(400, 'url-private', 'Webhooks go to public addresses only; --hooks-private allows others')
  return url.href
}
