import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problems.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The type and subtype of the header `Content-Type`, in lower case; empty without one. */
    bodyType: string
    /** The header, with the parameters of the type; empty without one. */
    contentType: string
  }
}

/** Maximum bytes of a body that arrives whole. */
const MAX_BODY_BYTES = 65_536
const TOO_LARGE = new Problem(413, 'body-too-large', `At most ${MAX_BODY_BYTES} bytes; ?split=lines takes more`)
const INCOMPLETE = new Problem(400, 'invalid-request', 'The body is incomplete')

/**
 * Takes every body: as bytes if it is announced to be small, else as a stream for the routes that read streams. Types are checked by the
 * routes, as curl labels text as a form.
 */
export function takeBodies(app: FastifyInstance): void {
  app.decorateRequest('contentType', '')
  app.decorateRequest('bodyType', '')
  // Callbacks, as a promise for each request costs more.
  app.addHook('onRequest', (request, _, next) => {
    const { headers } = request.raw
    request.contentType = headers['content-type'] ?? ''
    request.bodyType = request.contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
    delete headers['content-type']
    next()
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage, done) => {
    if (isStream(request)) return done(null, payload)
    const chunks: Buffer[] = []
    let size = 0
    payload
      .on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= MAX_BODY_BYTES) chunks.push(chunk)
        // What follows is read and discarded: a client that is still sending would lose the response.
        else payload.removeAllListeners('data').removeAllListeners('end').resume().emit('error', TOO_LARGE)
      })
      .once('end', () => done(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
      // The client is gone: nobody reads what is said of the body.
      .once('error', (error) => done(error === TOO_LARGE ? error : INCOMPLETE))
  })
}

/** Returns true for a body of lines that is too long, or of unknown length. */
function isStream({ query, headers }: FastifyRequest): boolean {
  const { split } = query as Readonly<Record<string, unknown>>
  if (split !== 'lines') return false
  return headers['content-length'] === undefined || Number(headers['content-length']) > MAX_BODY_BYTES
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Returns the text of a body, without a byte order mark. @throws {Problem} 400, 415 */
export function textOf({ body, bodyType: mediaType }: FastifyRequest): string {
  if (!isText(mediaType)) throw unsupported(mediaType)
  return decodedText(body)
}

function unsupported(mediaType: string): Problem {
  return new Problem(415, 'invalid-request', `The body is text or JSON, not ${mediaType}`)
}

/** Returns true for the types of text, as clients label it. */
export function isText(mediaType: string): boolean {
  return (
    mediaType === '' ||
    mediaType.startsWith('text/') ||
    mediaType === 'application/x-www-form-urlencoded' ||
    mediaType === 'application/octet-stream'
  )
}

/** Returns the JSON value of a body, which curl labels as a form. @throws {Problem} 400, 415 */
export function jsonOf({ body, bodyType: mediaType }: FastifyRequest): unknown {
  if (!isText(mediaType) && !JSON_TYPE.test(mediaType)) throw unsupported(mediaType)
  const text = decodedText(body)
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem(400, 'invalid-request', 'The body is not JSON')
  }
}

/** Returns a body as text, without a byte order mark. @throws {Problem} 400 */
export function decodedText(body: unknown): string {
  if (!Buffer.isBuffer(body)) return ''
  try {
    return utf8.decode(body)
  } catch {
    throw new Problem(400, 'invalid-utf8', 'The body is not UTF-8')
  }
}
