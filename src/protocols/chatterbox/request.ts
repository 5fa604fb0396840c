/** Parses the frames of clients. */
import { readObject } from '../json.ts'
import type { ChatterboxEntry } from './frame.ts'

export const INVALID_JSON = 'Invalid JSON'
export const INVALID_REQUEST = 'Invalid message'

/** Maximum time in seconds that C libraries with 32 bits can turn into a date. */
const LAST_SECOND = 4_294_967_295

/** The known keys of an object, whatever their values; undefined where a key is not there. */
export interface ChatterboxRequest {
  readonly username: unknown
  readonly messages: unknown
}

/** A string says what is wrong. */
export function readChatterboxRequest(payload: Buffer): ChatterboxRequest | string {
  const value = readObject(payload)
  if (!value) return INVALID_JSON
  const known = new Map<string, unknown>(Object.entries(value))
  if (!known.has('USERNAME') && !known.has('MESSAGES')) return INVALID_REQUEST
  return { username: known.get('USERNAME'), messages: known.get('MESSAGES') }
}

export function isEntry(value: unknown): value is ChatterboxEntry {
  if (!Array.isArray(value) || value.length !== 4) return false
  const [src, dest, timestamp, content] = value
  return typeof src === 'string' && typeof dest === 'string' && isSecond(timestamp) && typeof content === 'string'
}

function isSecond(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LAST_SECOND
}
