import { foldName } from '../../src/client/nickname.ts'
import { make } from '../dom.ts'

/** Degrees on the colour wheel, always the same for a name. */
function hueOf(name: string) {
  let hash = 2_166_136_261
  for (const character of foldName(name)) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619)
  // Names that differ little are to differ in colour.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  // Neighbours on the wheel look alike.
  return ((hash >>> 8) % 24) * 15
}

/** Gives an element a name's colour; the style sheet sees to the contrast. */
export function tint<T extends HTMLElement>(element: T, name: string) {
  element.style.setProperty('--hue', String(hueOf(name)))
  return element
}

export function nameTag(name: string) {
  return tint(make('span', 'name', name), name)
}
