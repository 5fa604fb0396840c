import type { FastifyReply, FastifyRequest } from 'fastify'

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
/** Maximum age of a preflight response in seconds. */
const MAX_AGE_S = '600'

/**
 * Adds the CORS headers (Fetch, 3.3) for a page of a listed origin. Returns true if the request is a preflight request of such a
 * page, to which `reply` is then the response.
 */
export function allowListed(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  listed: readonly string[],
): boolean {
  const { origin, 'access-control-request-method': asked, 'access-control-request-headers': fields } = headers
  if (origin === undefined || !listed.includes(origin)) return false
  reply.headers({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' })
  reply.header('Access-Control-Expose-Headers', 'Link, Retry-After')
  if (method !== 'OPTIONS' || asked === undefined) return false
  reply.headers({ 'Access-Control-Allow-Methods': METHODS, 'Access-Control-Max-Age': MAX_AGE_S })
  if (fields !== undefined) reply.header('Access-Control-Allow-Headers', fields)
  return true
}
