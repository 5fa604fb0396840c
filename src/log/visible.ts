/**
 * Characters from clients that a terminal obeys or that hide what stands beside them: DEL, C1, line and paragraph separators, and what
 * controls the direction of text or shows nothing. C0 is escaped in JSON already, but whatever shows the line takes that back.
 */
const UNSAFE = String.raw`[\x7f-\x9f\u2028\u2029\p{Cf}]`
/** An escape of JSON. Line feeds and tabs stay: stacks have them. */
const ESCAPE = String.raw`\\(?:u[0-9a-f]{4}|.)`
const CONTROL = /^\\(?:u00[01]|[bfr])/

const MAYBE = new RegExp(`${UNSAFE}|\\\\[ubfr]`, 'u')
const TOKENS = new RegExp(`${UNSAFE}|${ESCAPE}`, 'giu')

/** A line of JSON with such characters, and control characters, as text: `\u001b` is what a person reads, and no terminal obeys it. */
export function visible(line: string): string {
  return MAYBE.test(line) ? line.replace(TOKENS, show) : line
}

function show(token: string): string {
  if (token.startsWith('\\')) return CONTROL.test(token) ? `\\${token}` : token
  const code = (token.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\\\u{${code}}` : `\\\\u${code.padStart(4, '0')}`
}
