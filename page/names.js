import { make } from './dom.js'

/**
 * As the server compares names.
 * @param {string} name
 */
export function fold(name) {
  return name.normalize('NFKC').toLowerCase()
}

/**
 * @param {string} one
 * @param {string} other
 */
export function same(one, other) {
  return fold(one) === fold(other)
}

/**
 * Degrees on the colour wheel, always the same for a name.
 * @param {string} name
 */
function hueOf(name) {
  let hash = 2_166_136_261
  for (const character of fold(name)) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619)
  // Names that differ little are to differ in colour.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  // Neighbours on the wheel look alike.
  return ((hash >>> 8) % 24) * 15
}

/**
 * Gives an element a name's colour; the style sheet sees to the contrast.
 * @template {HTMLElement} T
 * @param {T} element
 * @param {string} name
 */
export function tint(element, name) {
  element.style.setProperty('--hue', String(hueOf(name)))
  return element
}

/** @param {string} name */
export function nameTag(name) {
  return tint(make('span', 'name', name), name)
}
