import type { ChatterboxEntry } from './frame.ts'

/** Maximum Unix time of C libraries with 32 bits, in seconds. */
const MAX_SECONDS = 4_294_967_295

export function isEntry(value: unknown): value is ChatterboxEntry {
  if (!Array.isArray(value) || value.length !== 4) return false
  const [src, dest, timestamp, content] = value
  const isSecond = Number.isInteger(timestamp) && timestamp >= 0 && timestamp <= MAX_SECONDS
  return typeof src === 'string' && typeof dest === 'string' && isSecond && typeof content === 'string'
}
