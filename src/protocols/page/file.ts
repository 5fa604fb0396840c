import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import Negotiator from 'negotiator'

/** Content types of the page's files by the ends of their names; other files are not served. */
export const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
}

/** The content security policy: requests to this server only, and no script or markup from text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // The icon with the number of unread messages is made by the page.
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  // For the address of the service worker.
  'trusted-types roomd',
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
  // The service worker is in a folder, and answers for the page above it.
  'Service-Worker-Allowed': '/',
}

const BEST_FIRST = ['br', 'gzip'] as const
const CODINGS = { br: promisify(brotliCompress), gzip: promisify<Buffer, Buffer>(gzip) } as const

interface Content {
  readonly bytes: Buffer
  readonly hash: string
}

export function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22)
}

/** A static file, made when it is needed first and compressed at the first request for each encoding. */
export class PageFile {
  readonly #type: string
  readonly #make: () => Promise<string | Buffer>
  #content: Promise<Content> | undefined
  readonly #packed = new Map<string, Promise<Buffer>>()

  constructor(type: string, make: () => Promise<string | Buffer>) {
    this.#type = type
    this.#make = make
  }

  content(): Promise<Content> {
    return (this.#content ??= this.#read())
  }

  async serve({ headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { bytes, hash } = await this.content()
    const taken = new Negotiator({ headers }).encodings(BEST_FIRST)
    const coding = BEST_FIRST.find((coding) => taken.includes(coding))
    const tag = coding ? `"${hash}-${coding}"` : `"${hash}"`
    reply.headers(HEADERS).header('ETag', tag)
    if (fresh(headers, { etag: tag })) return reply.code(304).send()
    reply.header('Content-Type', this.#type)
    if (!coding) return reply.send(bytes)
    return reply.header('Content-Encoding', coding).send(await this.#pack(coding, bytes))
  }

  async #read(): Promise<Content> {
    const bytes = Buffer.from(await this.#make())
    return { bytes, hash: hashOf(bytes) }
  }

  #pack(coding: keyof typeof CODINGS, bytes: Buffer): Promise<Buffer> {
    let packed = this.#packed.get(coding)
    if (!packed) this.#packed.set(coding, (packed = CODINGS[coding](bytes)))
    return packed
  }
}
