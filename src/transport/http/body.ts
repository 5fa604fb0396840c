import type { FastifyInstance } from 'fastify'

/**
 * Bodies are bytes, whatever label they have: the clients of the protocols here send JSON and say that it is a form, or nothing
 * (docs/protocols/globes.md, section 1; docs/protocols/piratchat.md, section 1). So a page of any origin could send one without asking first; the port refuses
 * pages of other origins before a body is read.
 */
export function takeAnyBody(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    delete raw.headers['content-type']
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
}
