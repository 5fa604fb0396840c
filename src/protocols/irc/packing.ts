import { MAX_LINE_BYTES } from './message.ts'

/** Returns the bytes that a line may still have. */
export function spaceIn(line: string): number {
  return MAX_LINE_BYTES - Buffer.byteLength(line)
}

/** Returns as few lines as hold all words. `line` returns one with some of them. */
export function linesWith(words: readonly string[], line: (text: string) => string, joint = ' '): string[] {
  return packed(words, spaceIn(line('')), joint).map(line)
}

/** Joins words to texts of at most `maxBytes`. */
export function packed(words: readonly string[], maxBytes: number, joint = ' '): string[] {
  const texts: string[] = []
  let text = ''
  for (const word of words) {
    const longer = text === '' ? word : text + joint + word
    if (text !== '' && Buffer.byteLength(longer) > maxBytes) {
      texts.push(text)
      text = word
    } else text = longer
  }
  return text === '' ? texts : [...texts, text]
}
