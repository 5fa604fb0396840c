import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../../../chat/refusal.ts'
import { isAtLeast } from '../../../chat/room-state.ts'
import { checkScope } from '../../../chat/token-scope.ts'
import type { HookRecord } from '../../../engine/records.ts'
import { takeAnyBody } from '../../../transport/http/body.ts'
import { readObject } from '../../json.ts'
import type { RoomPath, RoomsApiContext } from '../context.ts'
import { EVENT_KINDS, isoOf } from '../event.ts'
import { Problem } from '../problems.ts'
import { isPlainlyPrivate } from './addresses.ts'

const MAX_URL = 2_048
const MIN_SECRET = 8
const MAX_SECRET = 256

interface HookPath {
  Params: { room: string; hook: string }
}

/** Adds the routes for the outgoing webhooks of a room, `/rooms/<room>/hooks`, for its operators (docs/protocols/rooms-api.md, section 2.7). */
export function addOutgoingHooks(app: FastifyInstance, context: RoomsApiContext, mayBePrivate: boolean): void {
  const { hooks } = context.chat
  app.register(async (scope) => {
    takeAnyBody(scope)
    scope.post<RoomPath>('/rooms/:room/hooks', async (request, reply) => {
      const { room, by } = await operatedRoom(context, request, request.params.room)
      const wanted = wantedHook(request.body, mayBePrivate)
      const hook = await hooks.create(room, { ...wanted, by })
      if (!hook) throw new Problem(409, 'too-many-hooks', 'The room, or the server, has the maximum number of webhooks')
      return reply.code(201).send({ ...hookOf(hook), secret: hook.secret })
    })
    scope.get<RoomPath>('/rooms/:room/hooks', async (request) => {
      const { room } = await operatedRoom(context, request, request.params.room)
      return (await hooks.list(room)).map(hookOf)
    })
    scope.delete<HookPath>('/rooms/:room/hooks/:hook', async (request, reply) => {
      const { room } = await operatedRoom(context, request, request.params.room)
      const { hook: id } = request.params
      const isThere = (await hooks.list(room)).some((hook) => hook.id === id)
      if (!isThere || !(await hooks.remove(id))) throw new Problem(404, 'not-found', `No such webhook: ${id}`)
      return reply.code(204).send()
    })
  })
}

/** Finds a room whose operator sends the request. @throws Refusal `account-required`, `not-permitted`. */
async function operatedRoom({ chat, ...context }: RoomsApiContext, request: FastifyRequest, slug: string) {
  const caller = await context.authorize(request, 'write')
  const { proof, author, identity } = caller
  if (!proof || !author) throw new Refusal('account-required')
  const room = await context.readableRoom(caller, slug)
  checkScope(author, 'write', room.slug)
  const state = await chat.access.stateOf(room)
  if (!isAtLeast(state.rankOf(identity), 'operator')) throw new Refusal('not-permitted')
  return { room, by: proof.name }
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

/** Reads the body of a request for a webhook. @throws {Problem} 400 */
function wantedHook(body: unknown, mayBePrivate: boolean) {
  const { url, kinds = ['message'], secret } = (Buffer.isBuffer(body) && readObject(body)) || invalid('a JSON object')
  const parsed = typeof url === 'string' && url.length <= MAX_URL ? URL.parse(url) : null
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return invalid('url, an address of http or https')
  if (!mayBePrivate && isPlainlyPrivate(parsed))
    throw new Problem(400, 'url-private', 'Webhooks go to public addresses only; --hooks-private allows others')
  if (!Array.isArray(kinds) || kinds.length === 0 || !kinds.every((kind) => EVENT_KINDS.includes(kind)))
    return invalid(`kinds, a list of ${EVENT_KINDS.join(', ')}`)
  if (secret === undefined) return { url: parsed.href, kinds, secret: randomBytes(24).toString('base64url') }
  if (typeof secret !== 'string' || secret.length < MIN_SECRET || secret.length > MAX_SECRET)
    return invalid(`secret, ${MIN_SECRET} to ${MAX_SECRET} characters`)
  return { url: parsed.href, kinds: [...new Set(kinds)], secret }
}

function invalid(wanted: string): never {
  throw new Problem(400, 'invalid-request', `The body needs ${wanted}`)
}
