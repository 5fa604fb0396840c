import confusables from './confusables.json' with { type: 'json' }
import { fold, MAX_UNITS } from './fold.ts'

/** Matches text whose characters are their own prototypes. */
const OWN = /^[2-9A-HJ-Za-ln-z _.-]*$/
/** Version of the table of confusable characters. */
export const SKELETON_VERSION = confusables.version
let prototypes: ReadonlyMap<string, string> | undefined

/**
 * Returns the skeletons of a name (UTS 39, 4): names with a common skeleton are confusable. There are up to two, as case is ignored: that of
 * the folded name, and that of the name as it is written, where `I` looks like `l`. A text that is too long for a name is its own skeleton.
 */
export function skeletonsOf(name: string): readonly string[] {
  if (name.length > MAX_UNITS) return [name]
  if (name !== lastName) {
    const folded = lookOf(fold(name))
    const written = lookOf(name)
    lastSkeletons = written === folded ? [folded] : [folded, written]
    lastName = name
  }
  return lastSkeletons
}

/** The last result, as a login asks for the skeletons of a name several times. */
let lastSkeletons: readonly string[] = ['']
let lastName = ''

/** Returns the folded skeleton of a text; the skeleton of a letter may be a capital. */
function lookOf(text: string): string {
  return skeletonOf(fold(skeletonOf(text)))
}

/** Returns the skeleton of a text without invisible characters (UTS 39, 4). */
function skeletonOf(text: string): string {
  if (OWN.test(text)) return text
  // Loaded on first use.
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
