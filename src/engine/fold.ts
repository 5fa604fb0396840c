const ASCII = /^[\x20-\x7e]*$/
/**
 * UTF-16 units of the longest text that is folded; a title has 140 at most. Normalization takes time that grows with the square
 * of the length, as combining marks are sorted.
 */
export const MAX_UNITS = 256

/**
 * The form in which names and titles are compared: NFKC, lower case (docs/protocols/README.md, section 2). A text that is too long for
 * either is returned unchanged.
 */
export function fold(name: string): string {
  if (name.length > MAX_UNITS) return name
  return ASCII.test(name) ? name.toLowerCase() : name.normalize('NFKC').toLowerCase()
}
