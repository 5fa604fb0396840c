/** The files from which the web page is made. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { dirname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TYPES } from './types.ts'

export const ROOT = dirname(findPackageJSON(import.meta.url) ?? '')

/** Folders of the web page and of its client library, which is TypeScript, or JavaScript in a build. Names of files are unique in both. */
const FOLDERS = [join(ROOT, 'page'), fileURLToPath(new URL('../../client', import.meta.url))]

export interface Source {
  /** The end of its name, such as `.ts`. */
  readonly ext: string
  readonly bytes: Uint8Array
}

/** Sources by the name under which the page has them, such as `main.js`. */
export type Sources = ReadonlyMap<string, Source>

/** Resolves with the paths of the sources, by name. */
async function sourcePaths(): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>()
  for (const folder of FOLDERS) {
    for (const path of await readdir(folder, { recursive: true })) {
      const { dir, name, ext, base } = parse(path)
      // A build also has declaration files; the library's parts for Node are not for browsers.
      const isPart = TYPES[ext] !== undefined && !name.endsWith('.d') && dir !== 'node'
      if (!isPart) continue
      const served = ext === '.ts' ? `${name}.js` : base
      if (paths.has(served)) throw new Error(`${path} has the name of ${paths.get(served)}`)
      paths.set(served, join(folder, path))
    }
  }
  return paths
}

/** Reads one file after the other: all at once would take a file descriptor each from the clients that come at that time. */
export async function readSources(): Promise<Sources> {
  const sources = new Map<string, Source>()
  for (const [name, path] of await sourcePaths()) {
    sources.set(name, { ext: parse(path).ext, bytes: await readFile(path) })
  }
  return sources
}

/** Resolves with a text that changes with the sources, and with what makes the page of them. */
export async function keyOfSources(sources: Sources): Promise<string> {
  const hash = createHash('sha256')
  // Editors keep files of their own beside the sources.
  const makers = (await readdir(import.meta.dirname)).filter((name) => /^\w[\w-]*\.[jt]s$/.test(name))
  for (const name of makers.sort()) hash.update(await readFile(join(import.meta.dirname, name)))
  for (const [name, { bytes }] of [...sources].sort()) hash.update(`${name} ${bytes.length}\n`).update(bytes)
  return hash.digest('base64url')
}
