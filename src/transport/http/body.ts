import type { FastifyInstance } from 'fastify'

/**
 * Parses every body as bytes, regardless of its `Content-Type`: the clients of these protocols label JSON as a form, or not at all
 * (docs/protocols/globes.md, section 1; docs/protocols/piratchat.md, section 1). A page of any origin could thus send JSON without a
 * preflight request; the port refuses requests of other origins before a body is read.
 */
export function takeAnyBody(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    delete raw.headers['content-type']
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
}
