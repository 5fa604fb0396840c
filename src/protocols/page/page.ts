import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { dirname, extname, join } from 'node:path'
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

/** Adds the routes of the web page: index.html at /, its other files under /page/. */
export const pageRoutes: Routes = async (app) => {
  const folder = join(dirname(findPackageJSON(import.meta.url) ?? ''), 'page')
  for (const name of await readdir(folder)) {
    const type = TYPES[extname(name)]
    if (!type) continue
    const file = new File(type, await readFile(join(folder, name)))
    const url = name === 'index.html' ? '/' : `/page/${name}`
    app.get(url, (request, reply) => file.serve(request, reply))
  }
}

/** A static file in memory, compressed at the first request for each encoding. */
class File {
  readonly #type: string
  readonly #hash: string
  readonly #plain: Buffer
  readonly #packed = new Map<string, Promise<Buffer>>()

  constructor(type: string, bytes: Buffer) {
    this.#type = type
    this.#plain = bytes
    this.#hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 22)
  }

  async serve({ headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const taken = new Negotiator({ headers }).encodings(BEST_FIRST)
    const coding = BEST_FIRST.find((coding) => taken.includes(coding))
    const tag = coding ? `"${this.#hash}-${coding}"` : `"${this.#hash}"`
    reply.headers(HEADERS).header('ETag', tag)
    if (fresh(headers, { etag: tag })) return reply.code(304).send()
    reply.header('Content-Type', this.#type)
    if (!coding) return reply.send(this.#plain)
    return reply.header('Content-Encoding', coding).send(await this.#pack(coding))
  }

  #pack(coding: keyof typeof CODINGS): Promise<Buffer> {
    let packed = this.#packed.get(coding)
    if (!packed) this.#packed.set(coding, (packed = CODINGS[coding](this.#plain)))
    return packed
  }
}
