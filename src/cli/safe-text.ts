/** Characters that a terminal interprets, and marks that change the direction of the text behind them. */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find.
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const TAB = '    '

/** Makes a text of others harmless for a terminal: control characters are shown as `\u001b`. Line feeds stay. */
export function safeText(text: string): string {
  return text.toWellFormed().replaceAll('\t', TAB).replace(UNSAFE, shownCharacter)
}

/** Like {@link safeText} for what must stay on one line. */
export function safeLine(text: string): string {
  return safeText(text).replaceAll('\n', '\\n')
}

function shownCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
