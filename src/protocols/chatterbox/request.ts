/** Parses the frames of clients. */
import { readObject } from '../json.ts'
import type { ChatterboxEntry } from './frame.ts'

const INVALID_JSON = 'Invalid JSON'
export const INVALID_REQUEST = 'Invalid message'

/** Maximum Unix time of C libraries with 32 bits, in seconds. */
const MAX_SECONDS = 4_294_967_295

/** The unchecked values of the known keys of a frame; undefined for a missing key. */
export interface ChatterboxRequest {
  readonly username: unknown
  readonly messages: unknown
}

/** Parses a frame; returns an error as a string. */
export function readChatterboxRequest(payload: Buffer): ChatterboxRequest | string {
  const value = readObject(payload)
  if (!value) return INVALID_JSON
  if (!('USERNAME' in value) && !('MESSAGES' in value)) return INVALID_REQUEST
  return { username: value.USERNAME, messages: value.MESSAGES }
}

export function isEntry(value: unknown): value is ChatterboxEntry {
  if (!Array.isArray(value) || value.length !== 4) return false
  const [src, dest, timestamp, content] = value
  return typeof src === 'string' && typeof dest === 'string' && isSecond(timestamp) && typeof content === 'string'
}

function isSecond(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_SECONDS
}
