/** Makes the files that are served from the sources of the page. */
import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { link, linkStyles } from './link.ts'
import { SHRINKS } from './shrink.ts'
import type { Sources } from './sources.ts'

export interface Made {
  readonly bytes: Uint8Array
  /** Hash of the bytes, in 22 characters. */
  readonly hash: string
  /** The bytes as Brotli compresses them best, where that is done. */
  readonly br?: Uint8Array
}

export type MadeFiles = ReadonlyMap<string, Made>

/** The script and the style sheet of the page, which index.html names, and into which all that they import is linked. */
const LINKS: Readonly<Record<string, typeof link | undefined>> = { 'main.js': link, 'main.css': linkStyles }

/** The script that the page names, beside what is linked. */
const WORKER = 'worker.js'
const PARTS: ReadonlySet<string> = new Set(['.js', '.css'])

/** Makes all files, without compressing them. */
export async function make(sources: Sources): Promise<MadeFiles> {
  const textOf = async (name: string) => {
    const { ext = '', bytes = new Uint8Array() } = sources.get(name) ?? {}
    const text = new TextDecoder().decode(bytes)
    return SHRINKS[ext]?.(text) ?? text
  }
  const made = new Map<string, Made>()
  for (const [name, { ext, bytes }] of sources) {
    if (!LINKS[name] && name !== WORKER && PARTS.has(extname(name))) continue
    const linked = LINKS[name]?.(name, textOf)
    if (name !== 'index.html') made.set(name, madeOf((await linked) ?? (SHRINKS[ext] ? await textOf(name) : bytes)))
  }
  // The service worker knows a new version of the page by it.
  const version = hashOf([...made.values()].map(({ hash }) => hash).join())
  const html = await textOf('index.html')
  made.set('index.html', madeOf(html.replace('</head>', `<meta name="version" content="${version}">\n</head>`)))
  return made
}

/** Compresses all files, which takes some tenths of a second. */
export function compressed(files: MadeFiles): MadeFiles {
  return new Map([...files].map(([name, file]) => [name, { ...file, br: brotliCompressSync(file.bytes) }]))
}

function madeOf(content: string | Uint8Array): Made {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return { bytes, hash: hashOf(bytes) }
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22)
}
