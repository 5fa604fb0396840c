import type { FastifyReply, FastifyRequest } from 'fastify'

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
/** How long a browser may go on without asking again, in seconds. */
const MAX_AGE_S = '600'

/**
 * Lets a page of a listed origin read the answer to its request. Returns whether the request is a preflight of such a page
 * (Fetch, 3.3), to which `reply` is the answer then.
 */
export function allowListed(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  listed: readonly string[],
): boolean {
  const { origin, 'access-control-request-method': asked, 'access-control-request-headers': fields } = headers
  if (origin === undefined || !listed.includes(origin)) return false
  reply.headers({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' })
  if (method !== 'OPTIONS' || asked === undefined) return false
  reply.headers({ 'Access-Control-Allow-Methods': METHODS, 'Access-Control-Max-Age': MAX_AGE_S })
  if (fields !== undefined) reply.header('Access-Control-Allow-Headers', fields)
  return true
}
