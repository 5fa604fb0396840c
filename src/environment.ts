/** Environment variables with the prefix of the options that are not options. */

const PREFIX = 'ROOMD_'
/** Maximum edit distance of a mistyped name, and the length from which one more is allowed. */
const TYPOS = 1
const LONG = 8

/** Returns the environment variable of an option. */
function variableOf(option: string): string {
  return PREFIX + option.toUpperCase().replaceAll('-', '_')
}

/**
 * Returns the unknown variables, each with the option that it resembles. Kubernetes sets `ROOMD_PORT` and others for a Service named
 * `roomd`.
 */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>, options: readonly string[]) {
  const known = options.map(variableOf)
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.includes(name))
  return unknown.map((name) => ({ name, meant: meantBy(name, known) }))
}

/** Formats a variable for a warning, without its value, which may be a secret. */
export function shownVariable({ name, meant }: { readonly name: string; readonly meant: string | undefined }): string {
  return meant === undefined ? name : `${name} (did you mean ${meant}?)`
}

/** Returns the option that a name resembles: without underscores, with the suffix PORT, or with a typo. */
function meantBy(name: string, known: readonly string[]): string | undefined {
  const letters = (variable: string) => variable.slice(PREFIX.length).toUpperCase().replaceAll('_', '')
  const mine = letters(name)
  const typos = mine.length < LONG ? TYPOS : TYPOS + 1
  return (
    known.find((variable) => mine === letters(variable) || mine === `${letters(variable)}PORT`) ??
    known.find((variable) => distance(mine, letters(variable)) <= typos)
  )
}

/** Returns the Levenshtein distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place)
  for (const [line, letter] of [...one].entries()) {
    const above = row
    row = [line + 1]
    for (const [place, its] of [...other].entries()) {
      const [replaced = 0, removed = 0] = above.slice(place)
      const inserted = row[place] ?? 0
      row.push(Math.min(replaced + (letter === its ? 0 : 1), removed + 1, inserted + 1))
    }
  }
  return row.at(-1) ?? 0
}
