import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Records } from '../engine/typed-records.ts'
import { FairQueue } from './fair-queue.ts'

/** Parameters of scrypt (RFC 7914): N is 2 to the power of `ln`; a check takes 128 · N · r bytes of memory. */
export interface Cost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** A tenth of a second and 32 MiB on a common machine. */
const COST: Cost = { ln: 15, r: 8, p: 1 }

/** Maximum concurrent checks: the runtime's pool has four threads, which file access and name resolution need too. */
const AT_ONCE = 2
/** Maximum queued checks per address: about four seconds of waiting when no other address waits. */
const QUEUE = 64
/** Maximum queued checks. */
const QUEUE_OF_ALL = 1_024

/** Maximum UTF-16 units of a secret, in whatever normal form it is sent. */
const LONGEST = 1_024

/** Hexadecimal digits of the identifier of a client. */
const CLIENT_DIGITS = 32

/** Characters of random secrets that clients show. */
export const SECRET_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

const SALT = 16
const HASH = 32
/** Prefix of the digest of a random key, which needs no costly hash. */
export const HASHED_KEY = '$sha256$'
const STORED = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/**
 * Hashes and checks secrets in the thread pool, a few at a time. A hash is stored with its salt and its cost
 * (`$scrypt$ln=15,r=8,p=1$salt$hash`), so a later cost leaves old accounts valid.
 */
export class Secrets {
  readonly #cost: Cost
  readonly #queue: FairQueue
  /** A hash of the usual cost that no secret has, for checks without an account. */
  readonly #nobody: string

  constructor(cost: Cost = COST, atOnce = AT_ONCE) {
    this.#cost = cost
    const running = Math.min(atOnce, AT_ONCE)
    this.#queue = new FairQueue({ running, waitingPerAddress: QUEUE, waiting: QUEUE_OF_ALL })
    this.#nobody = encode(cost, Buffer.alloc(SALT), Buffer.alloc(HASH))
  }

  /** Hashes a secret for a client at an address. @throws Refusal `unavailable` when too many checks wait. */
  hash(secret: string, address: string): Promise<string> {
    const salt = randomBytes(SALT)
    return this.#queue.run(address, async () => encode(this.#cost, salt, await derive(secret, salt, HASH, this.#cost)))
  }

  /** Resolves with true for the right secret. Without a stored hash it takes as long. @throws Refusal `unavailable` when too many checks wait. */
  async verify(secret: string, stored: string | undefined, address: string): Promise<boolean> {
    if (secret.length > LONGEST) return false
    if (stored?.startsWith(HASHED_KEY)) {
      const digest = createHash('sha256').update(secret).digest()
      return timingSafeEqual(digest, Buffer.from(stored.slice(HASHED_KEY.length), 'hex'))
    }
    const { cost, salt, hash } = decode(stored ?? this.#nobody)
    const derived = await this.#queue.run(address, () => derive(secret, salt, hash.length, cost))
    return timingSafeEqual(derived, hash) && stored !== undefined
  }
}

/** A random secret for a purpose such as signing, drawn once and kept. */
export function keptSecret(records: Records, purpose: string): Promise<string> {
  return records.insertOrGet('secret', purpose, randomBytes(32).toString('hex'))
}

/** SHA-256 of a random text, which needs neither salt nor cost. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Returns the identifier of a guest's client, which is at an address and has chosen a secret: its sessions under one nickname are one user.
 * Undefined where the address is unknown.
 */
export function clientOf(address: string, secret: string): string | undefined {
  return address === '' ? undefined : digestOf(`${address} ${secret}`).slice(0, CLIENT_DIGITS)
}

/** Returns the identifier of a guest's word, at whatever address its client is: see {@link Session.wordDigest}. */
export function wordDigestOf(secret: string): string {
  return digestOf(`word ${secret}`).slice(0, CLIENT_DIGITS)
}

/** Normalizes to NFC, as keyboards differ in how they send é. */
function derive(secret: string, salt: Buffer, length: number, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln
  return new Promise((resolve, reject) => {
    scrypt(secret.normalize('NFC'), salt, length, { N, r, p, maxmem: 256 * r * (N + p) }, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}

function encode({ ln, r, p }: Cost, salt: Buffer, hash: Buffer): string {
  const [salted, hashed] = [salt, hash].map((bytes) => bytes.toString('base64').replaceAll('=', ''))
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salted}$${hashed}`
}

function decode(stored: string): { cost: Cost; salt: Buffer; hash: Buffer } {
  const [, ln, r, p, salt, hash] = STORED.exec(stored) ?? []
  if (salt === undefined || hash === undefined) throw new Error('an account holds a hash of an unknown form')
  return {
    cost: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  }
}
