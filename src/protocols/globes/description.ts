import type { RoomDescription } from '../../chat/directory.ts'
import { isTitle } from '../../chat/names.ts'
import { bodyFields } from './body.ts'
import { GlobesError } from './errors.ts'

/** Bytes. */
const SHORTEST_TITLE = 2
const LONGEST = 70

const VISIBILITIES = ['public', 'private', 'hidden'] as const

/** The password of a described room. */
export type Password = 'none' | 'unfit' | 'fit'

/** The fields of a body that describe a room, none of which has a wrong type. What is not there, or null, is empty. */
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

/** The checks of a room that is made or changed, in their order (docs/protocols/globes.md, section 2.1). */
export function checkDescription(
  { title, description, visibility }: Record<'title' | 'description' | 'visibility', string>,
  password: Password,
): RoomDescription {
  const length = Buffer.byteLength(title)
  if (length < SHORTEST_TITLE || length > LONGEST || !isTitle(title)) throw new GlobesError(105, 'title')
  if (Buffer.byteLength(description) > LONGEST) throw new GlobesError(105, 'description')
  const known = VISIBILITIES.find((word) => word === visibility.toLowerCase())
  if (!known) throw new GlobesError(105, 'visibility')
  if (known !== 'public' && password !== 'fit') throw new GlobesError(105, 'password')
  if (known === 'public' && password !== 'none') throw new GlobesError(105, 'visibility')
  return { title, description, visibility: known }
}
