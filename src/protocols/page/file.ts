import { promisify } from 'node:util'
import { brotliCompress, type CompressCallback, constants, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import Negotiator from 'negotiator'
import type { Made } from './make.ts'

/** The content security policy: requests to this server only, and no script or markup from text. */
const CONTENT_POLICY = [
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
  // The policy by which the page makes the address of its service worker.
  'trusted-types roomd',
].join('; ')

const HEADERS = {
  // Every file is revalidated, as the files of one version belong together.
  'Cache-Control': 'no-cache',
  Vary: 'Accept-Encoding',
  'Content-Security-Policy': CONTENT_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  // The service worker is in a folder, and answers for the page above it.
  'Service-Worker-Allowed': '/',
}

const BEST_FIRST = ['br', 'gzip'] as const

/** Qualities that take some milliseconds. */
const { BROTLI_PARAM_QUALITY } = constants
const QUICKLY = {
  br: promisify((bytes: Uint8Array, done: CompressCallback) =>
    brotliCompress(bytes, { params: { [BROTLI_PARAM_QUALITY]: 5 } }, done),
  ),
  gzip: promisify<Uint8Array, Buffer>(gzip),
} as const

/** Files as they are compressed for clients that take no better. */
const packed = { br: new WeakMap<Made, Promise<Buffer>>(), gzip: new WeakMap<Made, Promise<Buffer>>() } as const

/** Answers with a file, compressed as the client takes it; not with one that it has. */
export async function sendFile(
  file: Made,
  type: string,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const taken = new Negotiator({ headers }).encodings(BEST_FIRST)
  const coding = BEST_FIRST.find((coding) => taken.includes(coding))
  const tag = coding ? `"${file.hash}-${coding}"` : `"${file.hash}"`
  reply.headers(HEADERS).header('ETag', tag)
  if (fresh(headers, { etag: tag })) return reply.code(304).send()
  reply.header('Content-Type', type)
  if (!coding) return reply.send(file.bytes)
  reply.header('Content-Encoding', coding)
  return reply.send(coding === 'br' && file.br ? file.br : await pack(coding, file))
}

function pack(coding: keyof typeof QUICKLY, file: Made): Promise<Buffer> {
  let bytes = packed[coding].get(file)
  if (!bytes) packed[coding].set(file, (bytes = QUICKLY[coding](file.bytes)))
  return bytes
}
