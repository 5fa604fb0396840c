import { readdir, readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { dirname, extname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Routes } from '../../transport/http/routes.ts'
import { hashOf, PageFile, TYPES } from './file.ts'
import { link, linkStyles } from './link.ts'
import { SHRINKS } from './shrink.ts'

/** Folders of the web page and of its client library, which is TypeScript, or JavaScript in a build. Names of files are unique in both. */
const FOLDERS = [
  join(dirname(findPackageJSON(import.meta.url) ?? ''), 'page'),
  fileURLToPath(new URL('../../client', import.meta.url)),
]

/** The script and the style sheet of the page, which index.html names, and into which all that they import is linked. */
const LINKS: Readonly<Record<string, typeof link | undefined>> = { 'main.js': link, 'main.css': linkStyles }

/** The script that the page names, beside what is linked. */
const WORKER = 'worker.js'
const PARTS: ReadonlySet<string> = new Set(['.js', '.css'])

/** Adds the routes of the web page: index.html at `/`, its other files under `/page/`. */
export const pageRoutes: Routes = async (app) => {
  const paths = new Map<string, string>()
  for (const folder of FOLDERS) {
    for (const path of await readdir(folder, { recursive: true })) {
      const { dir, name, ext, base } = parse(path)
      // A build also has declaration files; the library's parts for Node are not for browsers.
      const isServed = TYPES[ext] !== undefined && !name.endsWith('.d') && dir !== 'node'
      if (isServed) paths.set(ext === '.ts' ? `${name}.js` : base, join(folder, path))
    }
  }
  const files = new Map<string, PageFile>()
  for (const [name, path] of paths) {
    const linked = LINKS[name]
    const read = linked ? () => linked(name, (part) => textOf(paths.get(part) ?? part)) : () => contentOf(path)
    const isPart = !linked && PARTS.has(extname(name)) && name !== WORKER
    if (name !== 'index.html' && !isPart) files.set(name, new PageFile(TYPES[extname(name)] ?? '', read))
  }
  const index = new PageFile(TYPES['.html'] ?? '', async () => {
    // The service worker knows a new version of the page by it.
    const hashes = [...files.values()].map(async (file) => (await file.content()).hash)
    const version = hashOf((await Promise.all(hashes)).join())
    const html = await textOf(paths.get('index.html') ?? '')
    return html.replace('</head>', `<meta name="version" content="${version}">\n</head>`)
  })
  app.get('/', (request, reply) => index.serve(request, reply))
  for (const [name, file] of files) app.get(`/page/${name}`, (request, reply) => file.serve(request, reply))
}

async function textOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8')
  return SHRINKS[extname(path)]?.(text) ?? text
}

async function contentOf(path: string): Promise<string | Buffer> {
  return SHRINKS[extname(path)] ? textOf(path) : readFile(path)
}
