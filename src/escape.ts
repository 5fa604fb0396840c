/** Every non-ASCII character. */
export const NOT_ASCII = /[\u007f-\uffff]/g

/** Characters that JSON does not escape and a terminal may interpret: DEL, C1, bidirectional controls, line separators. */
export const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Control characters other than tab and line feed, and {@link UNSAFE}. */
export const CONTROLS = new RegExp(`[\0-\x08\x0b-\x1f]|${UNSAFE.source}`, 'g')

/** Escapes the matching characters of a text, such as JSON, as `\uXXXX`; those above U+FFFF as surrogate pairs. */
export function escapeAll(text: string, characters: RegExp): string {
  // Mostly there is none, and replacing would take longer.
  return text.search(characters) < 0 ? text : text.replace(characters, escapeUnit)
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const STRING_END = String.raw`(?:\x1b\\|\x9c)`
/**
 * An escape sequence of a terminal (ECMA-48): DCS, SOS, PM and APC up to their terminator; OSC, which BEL may end too, or
 * which lasts to the end of the line where nothing ends it; CSI; the others, such as charset designations. None reaches
 * beyond its line.
 */
export const ESCAPE_SEQUENCE = [
  String.raw`\x1b[PX^_](?:[^\x1b\x9c\n]|\x1b(?![\\PX^_]))*${STRING_END}`,
  String.raw`\x1b\][^\x07\x18\x1a\x1b\x9c\n]*(?:\x07|${STRING_END})`,
  String.raw`\x1b\]\d+;[^\x07\x1b\n]*`,
  String.raw`\x1b\[[0-?]*[ -/]*[@-~]?`,
  // The introducer of eight bits is also what misread text may have.
  String.raw`\x9b[0-?]+[ -/]*[@-~]`,
  String.raw`\x1b[ -/]*[0-~]?`,
].join('|')
