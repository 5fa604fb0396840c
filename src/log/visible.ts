/**
 * Characters that a terminal interprets or that hide others: DEL, C1, line and paragraph separators, bidirectional controls and
 * invisible characters. C0 is escaped in JSON already, but viewers of the log unescape it.
 */
const UNSAFE = String.raw`[\x7f-\x9f\u2028\u2029\p{Cf}]`
/** An escape sequence of JSON. Line feeds and tabs are not escaped, as stack traces contain them. */
const ESCAPE = String.raw`\\(?:u[0-9a-f]{4}|.)`
const CONTROL = /^\\(?:u00[01]|[bfr])/

const MAYBE = new RegExp(`${UNSAFE}|\\\\[ubfr]`, 'u')
const TOKENS = new RegExp(`${UNSAFE}|${ESCAPE}`, 'giu')

/** Escapes such characters, and control characters, in a line of JSON twice, so that a viewer shows `\u001b` as text. */
export function visible(line: string): string {
  return MAYBE.test(line) ? line.replace(TOKENS, show) : line
}

function show(token: string): string {
  if (token.startsWith('\\')) return CONTROL.test(token) ? `\\${token}` : token
  const code = (token.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\\\u{${code}}` : `\\\\u${code.padStart(4, '0')}`
}
