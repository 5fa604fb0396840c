import { editDistance } from './edit-distance.ts'

/** Maximum edit distance of a mistyped name, and the length from which one more is allowed. */
const TYPOS = 1
const LONG = 8

/** Returns the name that a mistyped one resembles: without separators, in another case, with the suffix `port`, or with a typo. */
export function similarTo(typed: string, known: readonly string[]): string | undefined {
  const mine = lettersOf(typed)
  const typos = mine.length < LONG ? TYPOS : TYPOS + 1
  return (
    known.find((name) => mine === lettersOf(name) || mine === `${lettersOf(name)}port`) ??
    known.find((name) => editDistance(mine, lettersOf(name)) <= typos)
  )
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}
