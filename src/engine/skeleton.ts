import confusables from './confusables.json' with { type: 'json' }
import { fold, MAX_UNITS } from './fold.ts'

/** Text whose characters are their own prototypes. */
const OWN = /^[2-9A-HJ-Za-ln-z _.-]*$/
/** Changes with the table that skeletons are made by. */
export const SKELETON_VERSION = confusables.version
let prototypes: ReadonlyMap<string, string> | undefined

/**
 * The forms in which names are compared by how they look: names that have one of them in common may be confused. There are up to two,
 * as the case of letters does not count: that of the folded name, and that of the name as it is written, where `I` looks like `l`.
 * A text that is too long for a name looks like itself alone.
 */
export function skeletonsOf(name: string): readonly string[] {
  if (name.length > MAX_UNITS) return [name]
  const folded = lookOf(fold(name))
  const written = lookOf(name)
  return written === folded ? [folded] : [folded, written]
}

/** The skeleton without regard to case: that of a letter may be a capital. */
function lookOf(text: string): string {
  return skeletonOf(fold(skeletonOf(text)))
}

/** The skeleton of a text without invisible characters (UTS 39, 4). */
function skeletonOf(text: string): string {
  if (OWN.test(text)) return text
  // Read with the first name that needs it.
  prototypes ??= readPrototypes()
  let skeleton = ''
  for (const character of text.normalize('NFD')) skeleton += prototypes.get(character) ?? character
  return skeleton.normalize('NFD')
}

function readPrototypes(): ReadonlyMap<string, string> {
  const read = new Map<string, string>()
  for (const line of confusables.lookalikes) {
    const [prototype = '', ...characters] = line.split(' ').map(textOf)
    for (const character of characters) read.set(character, prototype)
  }
  return read
}

function textOf(codes: string): string {
  return String.fromCodePoint(...codes.split('+').map((code) => Number.parseInt(code, 16)))
}
