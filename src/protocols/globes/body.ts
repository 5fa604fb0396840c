import type { FastifyInstance } from 'fastify'
import { readObject } from '../json.ts'

/** Bodies are JSON, whatever label they have (protocols/globes.md, 1): the browser client says that it sends a form. */
export function takeAnyBody(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    delete raw.headers['content-type']
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
}

/** The fields of a body; undefined when it is no JSON object. */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> | undefined {
  return Buffer.isBuffer(body) ? readObject(body) : undefined
}
