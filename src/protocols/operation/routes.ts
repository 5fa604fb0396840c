import type { Routes } from '../../transport/http/routes.ts'
import { troubleOf, type Vitals } from './vitals.ts'

/** Returns the routes `/healthz`, `/readyz` and `/metrics`. */
export function operationRoutes(vitals: Vitals): Routes {
  return async (app) => {
    // prom-client takes a while to load.
    const { metricsOf } = await import('./metrics.ts')
    const metrics = metricsOf(vitals)
    app.addHook('onRequest', async (_, reply) => {
      reply.header('Cache-Control', 'no-store').type('text/plain; charset=utf-8')
    })
    const probe = { config: { probe: true } } as const
    app.get('/healthz', probe, async () => 'alive\n')
    app.get('/readyz', probe, async (_, reply) => {
      const trouble = await troubleOf(vitals)
      return trouble === undefined ? 'ready\n' : reply.code(503).send(`${trouble}\n`)
    })
    app.get('/metrics', probe, async (_, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
  }
}
