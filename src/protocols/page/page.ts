import { extname } from 'node:path'
import type { Routes } from '../../transport/http/routes.ts'
import { sendFile } from './file.ts'
import { madeFiles } from './made.ts'
import { servedOf } from './make.ts'
import { sourcePaths } from './sources.ts'
import { TYPES } from './types.ts'

/** Time after which the page is made if nobody has asked for it, when the daemon has started, in ms. */
const MAKE_MS = 300

/** Adds the routes of the web page: index.html at `/`, its other files under `/page/`. */
export const pageRoutes: Routes = async (app) => {
  const timer = setTimeout(() => void madeFiles().catch(() => {}), MAKE_MS).unref()
  app.addHook('onClose', async () => clearTimeout(timer))
  for (const name of servedOf((await sourcePaths()).keys())) {
    const type = TYPES[extname(name)] ?? ''
    app.get(name === 'index.html' ? '/' : `/page/${name}`, async (request, reply) => {
      const file = (await madeFiles()).get(name)
      return file ? sendFile(file, type, request, reply) : reply.code(404).send()
    })
  }
}
