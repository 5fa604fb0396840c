/** Maximum edit distance of a mistyped name, and the length from which one more is allowed. */
const TYPOS = 1
const LONG = 8

/** Returns the name that a mistyped one resembles: without separators, in another case, with the suffix `port`, or with a typo. */
export function similarTo(typed: string, known: readonly string[]): string | undefined {
  const mine = lettersOf(typed)
  const typos = mine.length < LONG ? TYPOS : TYPOS + 1
  return (
    known.find((name) => mine === lettersOf(name) || mine === `${lettersOf(name)}port`) ??
    known.find((name) => distance(mine, lettersOf(name)) <= typos)
  )
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/** Returns the number of letters that are to be inserted, removed, replaced or exchanged with the next one. */
function distance(one: string, other: string): number {
  let above: readonly number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, place) => place)
  for (let line = 0; line < one.length; line++) {
    const twoAbove = above
    above = row
    row = [line + 1]
    for (let place = 0; place < other.length; place++) {
      const [replaced = 0, removed = 0] = above.slice(place)
      const inserted = row[place] ?? 0
      const isExchanged = line > 0 && place > 0 && one[line] === other[place - 1] && one[line - 1] === other[place]
      const exchanged = isExchanged ? (twoAbove[place - 1] ?? 0) : Number.POSITIVE_INFINITY
      const cost = one[line] === other[place] ? 0 : 1
      row.push(Math.min(replaced + cost, removed + 1, inserted + 1, exchanged + 1))
    }
  }
  return row.at(-1) ?? 0
}
