import type { RoomDescription } from '../../chat/directory.ts'
import { isTitle } from '../../chat/names.ts'
import { VISIBILITIES } from '../../engine/engine.ts'
import { GlobesError } from './errors.ts'

const MIN_TITLE_BYTES = 2
const MAX_FIELD_BYTES = 70

/**
 * Checks the fields of a room that is created or changed, in the order of docs/protocols/globes.md, section 2.1.
 *
 * @throws {GlobesError} 105
 */
export function checkDescription(
  { title, description, visibility }: Record<'title' | 'description' | 'visibility', string>,
  password: 'none' | 'unfit' | 'fit',
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
