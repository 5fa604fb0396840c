/** Returns a time in ms since the epoch as text of ISO 8601 in seconds. */
export function shownTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -5)}Z`
}

/** Escapes control characters, which a terminal interprets. */
export function shownOnTerminal(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)
}
