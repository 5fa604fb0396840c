const ASCII = /^[\x20-\x7e]*$/

/** The form in which names and titles are compared: NFKC, lower case (protocols/README.md, The core). */
export function fold(name: string): string {
  return ASCII.test(name) ? name.toLowerCase() : name.normalize('NFKC').toLowerCase()
}
