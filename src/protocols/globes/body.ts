import { readObject } from '../json.ts'
import { GlobesError } from './errors.ts'

/**
 * Returns fields of a body as texts; a missing field, or null, is empty.
 *
 * @throws {GlobesError} 103 for a field that is not a string
 */
export function textsOf<Key extends string>(body: unknown, ...keys: readonly Key[]): Record<Key, string> {
  const fields = readObject(body)
  if (!fields) throw new GlobesError(103)
  const texts = keys.map((key) => {
    const value = fields[key] ?? ''
    if (typeof value !== 'string') throw new GlobesError(103)
    return [key, value] as const
  })
  // Each key has just been given its text.
  return Object.fromEntries(texts) as Record<Key, string>
}
