import type { RoomDescription } from '../../chat/directory.ts'
import { isTitle } from '../../chat/names.ts'
import { VISIBILITIES } from '../../engine/engine.ts'
import { bodyFields } from './body.ts'
import { GlobesError } from './errors.ts'

const MIN_TITLE_BYTES = 2
const MAX_FIELD_BYTES = 70

/** Validity of the password of a room. */
export type PasswordState = 'none' | 'unfit' | 'fit'

/**
 * Returns fields of a body as texts; a missing field, or null, is empty.
 *
 * @throws {GlobesError} 103 for a field that is not a string
 */
export function textsOf<Key extends string>(body: unknown, ...keys: readonly Key[]): Record<Key, string> {
  const fields = bodyFields(body)
  if (!fields) throw new GlobesError(103)
  const texts = keys.map((key) => {
    const value = fields[key] ?? ''
    if (typeof value !== 'string') throw new GlobesError(103)
    return [key, value] as const
  })
  // Each key has just been given its text.
  return Object.fromEntries(texts) as Record<Key, string>
}

/**
 * Checks the fields of a room that is created or changed, in the order of docs/protocols/globes.md, section 2.1.
 *
 * @throws {GlobesError} 105
 */
export function checkDescription(
  { title, description, visibility }: Record<'title' | 'description' | 'visibility', string>,
  password: PasswordState,
): RoomDescription {
  const length = Buffer.byteLength(title)
  if (length < MIN_TITLE_BYTES || length > MAX_FIELD_BYTES || !isTitle(title)) throw new GlobesError(105, 'title')
  if (Buffer.byteLength(description) > MAX_FIELD_BYTES) throw new GlobesError(105, 'description')
  const known = VISIBILITIES.find((word) => word === visibility.toLowerCase())
  if (!known) throw new GlobesError(105, 'visibility')
  if (known !== 'public' && password !== 'fit') throw new GlobesError(105, 'password')
  if (known === 'public' && password !== 'none') throw new GlobesError(105, 'visibility')
  return { title, description, visibility: known }
}
