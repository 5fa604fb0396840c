import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { findPackageJSON, stripTypeScriptTypes } from 'node:module'
import { dirname, extname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import Negotiator from 'negotiator'
import type { Routes } from '../../transport/http/routes.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The content security policy: requests to this server only, and no script or markup from text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const HEADERS = {
  // Every file is revalidated, as the files of one version belong together.
  'Cache-Control': 'no-cache',
  Vary: 'Accept-Encoding',
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
}

const BEST_FIRST = ['br', 'gzip'] as const
const CODINGS = { br: promisify(brotliCompress), gzip: promisify<Buffer, Buffer>(gzip) } as const

/** Folders of the web page and of its client library, which is TypeScript, or JavaScript in a build. Names of files are unique in both. */
const FOLDERS = [
  join(dirname(findPackageJSON(import.meta.url) ?? ''), 'page'),
  fileURLToPath(new URL('../../client', import.meta.url)),
]

/** Adds the routes of the web page: index.html at `/`, its other files under `/page/`. */
export const pageRoutes: Routes = async (app) => {
  for (const folder of FOLDERS) {
    for (const path of await readdir(folder, { recursive: true })) {
      const { dir, name, ext, base } = parse(path)
      // A build also has declaration files; the library's parts for Node are not for browsers.
      const type = name.endsWith('.d') || dir === 'node' ? undefined : TYPES[ext]
      if (!type) continue
      const file = new File(type, join(folder, path))
      const url = base === 'index.html' ? '/' : `/page/${ext === '.ts' ? `${name}.js` : base}`
      app.get(url, (request, reply) => file.serve(request, reply))
    }
  }
}

interface Content {
  readonly bytes: Buffer
  readonly hash: string
}

/** A static file, read at the first request and compressed at the first request for each encoding. */
class File {
  readonly #type: string
  readonly #path: string
  #content: Promise<Content> | undefined
  readonly #packed = new Map<string, Promise<Buffer>>()

  constructor(type: string, path: string) {
    this.#type = type
    this.#path = path
  }

  async serve({ headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { bytes, hash } = await (this.#content ??= contentOf(this.#path))
    const taken = new Negotiator({ headers }).encodings(BEST_FIRST)
    const coding = BEST_FIRST.find((coding) => taken.includes(coding))
    const tag = coding ? `"${hash}-${coding}"` : `"${hash}"`
    reply.headers(HEADERS).header('ETag', tag)
    if (fresh(headers, { etag: tag })) return reply.code(304).send()
    reply.header('Content-Type', this.#type)
    if (!coding) return reply.send(bytes)
    return reply.header('Content-Encoding', coding).send(await this.#pack(coding, bytes))
  }

  #pack(coding: keyof typeof CODINGS, bytes: Buffer): Promise<Buffer> {
    let packed = this.#packed.get(coding)
    if (!packed) this.#packed.set(coding, (packed = CODINGS[coding](bytes)))
    return packed
  }
}

async function contentOf(path: string): Promise<Content> {
  const read = await readFile(path)
  const bytes = extname(path) === '.ts' ? Buffer.from(scriptOf(read.toString())) : read
  return { bytes, hash: createHash('sha256').update(bytes).digest('base64url').slice(0, 22) }
}

/** Comments on their own lines, indentation, and trailing blanks in place of types. */
const UNNEEDED = /^\s*(?:\/\*\*[\s\S]*?\*\/|\/\/.*)$|^[ \t]+|\s+$/gm

/**
 * Converts a TypeScript module to JavaScript without comments and indentation. All modules are served in one folder, as `.js`. Modules must not have
 * template literals of several lines.
 */
function scriptOf(source: string): string {
  return strip(source)
    .replace(/(?<=from ')\.[\w./-]*\/([\w-]+)\.ts(?=')/g, './$1.js')
    .replace(UNNEEDED, '')
}

/** Strips types without the warning of Node.js that the function is experimental. */
function strip(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}
