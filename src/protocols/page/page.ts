import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { dirname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Routes } from '../../transport/http/routes.ts'
import { PageFile, TYPES } from './file.ts'
import { modulesOf } from './modules.ts'

/** Folders of the web page and of its client library, which is TypeScript, or JavaScript in a build. Names of files are unique in both. */
const FOLDERS = [
  join(dirname(findPackageJSON(import.meta.url) ?? ''), 'page'),
  fileURLToPath(new URL('../../client', import.meta.url)),
]

/** Adds the routes of the web page: index.html at `/`, its other files under `/page/`. */
export const pageRoutes: Routes = async (app) => {
  const files = new Map<string, PageFile>()
  for (const folder of FOLDERS) {
    for (const path of await readdir(folder, { recursive: true })) {
      const { dir, name, ext, base } = parse(path)
      // A build also has declaration files; the library's parts for Node are not for browsers.
      const type = name.endsWith('.d') || dir === 'node' ? undefined : TYPES[ext]
      if (!type) continue
      const url = base === 'index.html' ? '/' : `/page/${ext === '.ts' ? `${name}.js` : base}`
      const change = url === '/' ? (html: string) => complete(html, files) : undefined
      files.set(url, new PageFile(type, join(folder, path), change))
    }
  }
  for (const [url, file] of files) app.get(url, (request, reply) => file.serve(request, reply))
}

/** Adds to index.html the modules to load at once, and the version of all files, by which the service worker knows a new one. */
async function complete(html: string, files: ReadonlyMap<string, PageFile>): Promise<string> {
  const modules = await modulesOf('main.js', async (name) => (await files.get(`/page/${name}`)?.content())?.bytes)
  const hash = createHash('sha256')
  for (const [url, file] of files) if (url !== '/') hash.update((await file.content()).hash)
  const links = modules.map((name) => `<link rel="modulepreload" href="page/${name}">`)
  const version = `<meta name="version" content="${hash.digest('base64url').slice(0, 22)}">`
  return html.replace('</head>', `${[version, ...links].join('\n')}\n</head>`)
}
