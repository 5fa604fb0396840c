/** Every non-ASCII character. */
export const NOT_ASCII = /[\u007f-\uffff]/g

/** Characters that JSON does not escape and a terminal may interpret: DEL, C1, bidirectional controls, line separators. */
export const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Escapes the matching characters of JSON as `\uXXXX`; those above U+FFFF as surrogate pairs. */
export function escapeAll(json: string, characters: RegExp): string {
  // Mostly there is none, and replacing would take longer.
  return json.search(characters) < 0 ? json : json.replace(characters, escapeUnit)
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Escapes HTML text between tags; not for attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character)
}
