import type { FastifyInstance } from 'fastify'

/**
 * Records the methods of all routes that are added from now on. Returns a function that adds routes for the other methods of each
 * path, which answer with status 405; call it after the last route.
 */
export function addOtherMethods(app: FastifyInstance): () => void {
  const paths = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = paths.get(url) ?? new Set()
    for (const each of [method].flat()) methods.add(each)
    paths.set(url, methods)
  })
  return () => {
    for (const [url, methods] of [...paths]) {
      const allowed = [...methods].join(', ')
      app.route({
        method: app.supportedMethods.filter((method) => !methods.has(method)),
        url,
        // A hook answers before the body is read.
        onRequest: async (_, reply) => reply.code(405).headers({ Allow: allowed, Connection: 'close' }).send(),
        handler: () => {},
      })
    }
  }
}
