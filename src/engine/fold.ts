const ASCII = /^[\x20-\x7e]*$/
/**
 * Maximum UTF-16 units of a text that is folded; a title has at most 140. The time of normalization grows with the square of the length,
 * as combining marks are sorted.
 */
export const MAX_UNITS = 256

/**
 * Returns the form in which names and titles are compared: NFKC, lower case (docs/protocols/README.md, section 2). A text that is too long
 * for both is returned unchanged.
 */
export function fold(name: string): string {
  if (name.length > MAX_UNITS) return name
  return ASCII.test(name) ? name.toLowerCase() : name.normalize('NFKC').toLowerCase()
}
