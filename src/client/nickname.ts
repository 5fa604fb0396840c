/** A name as the server compares names (docs/protocols/README.md, section 2). */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

export function isSameName(one: string, other: string): boolean {
  return foldName(one) === foldName(other)
}
