import type { FastifyInstance } from 'fastify'
import { docsPage } from './docs-page.ts'
import { type ApiOperation, OPERATIONS } from './operations.ts'
import { API_PROBLEM } from './schemas.ts'

/** Policy of the page: it loads nothing, runs no script, and is shown in no frame. */
const CONTENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const PROBLEM = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: API_PROBLEM } },
}

/** Adds `GET /openapi.json` and `GET /docs`, which are made when they are first asked for. */
export function addDocs(app: FastifyInstance): void {
  let json: string | undefined
  let html: string | undefined
  app.get('/openapi.json', async (_, reply) => {
    json ??= JSON.stringify(openApi(OPERATIONS))
    return reply.type('application/json; charset=utf-8').send(json)
  })
  app.get('/docs', async (_, reply) => {
    html ??= docsPage(OPERATIONS)
    return reply
      .headers({ 'Content-Security-Policy': CONTENT_POLICY, 'X-Content-Type-Options': 'nosniff' })
      .type('text/html; charset=utf-8')
      .send(html)
  })
}

export function openApi(operations: readonly ApiOperation[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'roomd rooms API',
      version: '1',
      summary: 'Rooms for scripts: say, read and follow with any HTTP client.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An access token.' },
        password: { type: 'http', scheme: 'basic', description: 'Name and password of an account.' },
      },
    },
  }
}

function operationObject(operation: ApiOperation): object {
  const { method, path, summary, authorizing, parameters, headers, body, answers } = operation
  const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } }
  })
  const inQuery = Object.entries(parameters.properties).map(
    ([name, { description, ...schema }]: [string, Described]) => {
      return { name, in: 'query', ...(description !== undefined && { description }), schema }
    },
  )
  const inHeader = Object.entries(headers).map(([name, description]) => {
    return { name, in: 'header', description, schema: { type: 'string' } }
  })
  const anonymous = authorizing === 'read' || authorizing === 'guest' ? [{}] : []
  const responses = Object.entries(answers).map(([status, { description, content }]) => {
    return [status, { description, ...(content && { content: contentObject(content) }) }] as const
  })
  return {
    operationId: nameOf(method, path),
    summary,
    ...(inPath.length + inQuery.length + inHeader.length > 0 && { parameters: [...inPath, ...inQuery, ...inHeader] }),
    ...(body && { requestBody: { required: true, content: contentObject(body) } }),
    responses: { ...Object.fromEntries(responses), default: PROBLEM },
    ...(authorizing !== 'none' && { security: [{ token: [] }, { password: [] }, ...anonymous] }),
  }
}

/** Returns the name that programs made from the document have for a request: `getRoomsByRoomMessages`. */
function nameOf(method: string, path: string): string {
  const words = path.replaceAll('{', 'by-').match(/[a-z]+/g) ?? []
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

interface Described {
  readonly description?: string
}

function contentObject(schemas: Readonly<Record<string, object>>): object {
  return Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, { schema }]))
}
