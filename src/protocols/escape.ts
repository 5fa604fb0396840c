export const NOT_ASCII = /[\u007f-\uffff]/g

/** JSON with these of its characters as `\uXXXX`; what lies above U+FFFF becomes two of them. */
export function escapeAll(json: string, characters: RegExp): string {
  return json.replace(characters, escapeUnit)
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
