import type { FastifyInstance } from 'fastify'

/**
 * Notes which methods the paths have from now on. Returns a function, to be called when the last path is there, that lets all other
 * methods be answered with 405 on each path.
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
        // Before its body is looked at.
        onRequest: async (_, reply) => reply.code(405).headers({ Allow: allowed, Connection: 'close' }).send(),
        handler: () => {},
      })
    }
  }
}
