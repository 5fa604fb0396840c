import { randomInt } from 'node:crypto'

/** Maximum levels of objects and lists: they are read by functions that call themselves. */
const MAX_LEVELS = 64
/** Maximum objects and lists; those of Alertmanager and forges have up to 14,000 in a megabyte. */
const MAX_PARTS = 20_000
/** Maximum different sequences of keys with which objects begin: a new one takes ten times as long to make as a further object of an old one. */
const MAX_SHAPES = 10_000

/** Multiplier of hashes: nobody who does not know it can find keys of the same hash. */
const FACTOR = randomInt(2 ** 30) * 2 + 1

/** Codes of the characters of which JSON is built: `"\\:[]{}`. */
const [QUOTE, BACKSLASH, COLON, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 58, 91, 93, 123, 125]

/** Returns why a text of JSON would take too long to parse; undefined for others. */
export function excessOf(json: string): string | undefined {
  /** The hashes of the keys so far of the objects in which the present one is. */
  const outer: number[] = []
  const shapes = new Set<number>()
  let [keys, hash, parts] = [0, 0, 0]
  let isInString = false
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (isInString) {
      if (code === QUOTE) isInString = false
      else hash = Math.imul(hash ^ code, FACTOR)
      // The character behind it ends no string.
      if (code === BACKSLASH) hash = Math.imul(hash ^ json.charCodeAt(++at), FACTOR)
    } else if (code === QUOTE) {
      isInString = true
      hash = FACTOR
    } else if (code === COLON) {
      keys = Math.imul(keys ^ hash, FACTOR)
      shapes.add(keys)
      if (shapes.size > MAX_SHAPES) return `The payload has more than ${MAX_SHAPES} different keys, or orders of keys`
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      outer.push(keys)
      keys = 0
      if (outer.length > MAX_LEVELS) return `Objects and lists are nested deeper than ${MAX_LEVELS} levels`
      if (++parts > MAX_PARTS) return `The payload has more than ${MAX_PARTS} objects and lists`
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) keys = outer.pop() ?? 0
  }
  return undefined
}
