export const NOT_ASCII = /[\u007f-\uffff]/g

/** JSON with these of its characters as `\uXXXX`; what lies above U+FFFF becomes two of them. */
export function escapeAll(json: string, characters: RegExp): string {
  return json.replace(characters, escapeUnit)
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** For text between tags; not for attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character)
}
