/**
 * The words of a search, compared as the index of the local engine compares them (https://sqlite.org/fts5.html#unicode61_tokenizer):
 * letters and digits, without regard to case and diacritics.
 */

/** Maximum terms of a search; further ones are ignored. */
const MAX_TERMS = 16

const TOKEN = /[\p{L}\p{N}\p{Co}](?:[\p{L}\p{N}\p{Co}]|[\u0300-\u036f])*/gu
const SEPARATORS = /[^\p{L}\p{N}\p{Co}]+/gu
const DIACRITICS = /[\u0300-\u036f]/g
/**
 * More combining marks in a row than any language has (https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format). Those behind the first 30
 * are left out: the time of normalization grows with the square of their number, as they are sorted.
 */
const SURPLUS_MARKS = /(?<=\p{M}{30})\p{M}+/gu
const ASCII = /^[\0-\x7f]*$/
/** A phrase in quotes, or a word; either may end with an asterisk. */
const PART = /"([^"]*)"?(\*?)|[^\s"]+/g

/** A part of a search: a word, a prefix, a phrase, or a text without letters and digits. */
export interface Term {
  /** Words as written, in order; empty for a text without letters and digits. */
  readonly words: readonly string[]
  /** True if the last word is the beginning of one. */
  readonly prefix: boolean
  /** The text as written, without quotes. */
  readonly text: string
}

/** Returns the terms of a search. Any text is valid. */
export function termsOf(search: string): Term[] {
  const terms = new Map<string, Term>()
  for (const [part, quoted, star] of search.matchAll(PART)) {
    const text = quoted ?? part
    const words = text.match(TOKEN) ?? []
    if (text.trim() === '') continue
    const prefix = words.length > 0 && (quoted === undefined ? part.endsWith('*') : star === '*')
    terms.set(part, { words, prefix, text })
    if (terms.size === MAX_TERMS) break
  }
  return [...terms.values()]
}

export function wordsOf(text: string): string[] {
  return foldWord(text).match(TOKEN) ?? []
}

export function matcherOf(terms: readonly Term[]): (text: string) => boolean {
  const words = terms.filter((term) => term.words.length > 0)
  const wanted = words.map(({ words, prefix }) => ` ${words.map(foldWord).join(' ')}${prefix ? '' : ' '}`)
  const literal = terms.filter((term) => term.words.length === 0)
  return (text) => {
    if (!literal.every((term) => text.includes(term.text))) return false
    const folded = ` ${foldWord(text).replace(SEPARATORS, ' ')} `
    return wanted.every((each) => folded.includes(each))
  }
}

/** Returns a text in lower case and without diacritics. */
export function foldWord(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  const plain = text.replace(SURPLUS_MARKS, '').normalize('NFD').replace(DIACRITICS, '').normalize('NFC')
  // Lower case alone would depend on what follows a sigma.
  return plain.toLowerCase().replaceAll('ς', 'σ')
}
