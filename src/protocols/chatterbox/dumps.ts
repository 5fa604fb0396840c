import { escapeAll, NOT_ASCII } from '../../escape.ts'

/** A JSON value. Numbers are safe integers, as Python encodes others differently. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Text without characters to escape. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * Encodes JSON like Python's `json.dumps`: in ASCII, with a space after each comma and colon. Clients search the text of a frame
 * (docs/protocols/chatterbox.md, section 1).
 */
export function dumps(value: Json): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : escapeAll(JSON.stringify(value), NOT_ASCII)
  if (isList(value)) return list(value.map(dumps))
  if (typeof value === 'object' && value !== null) {
    return object(Object.entries(value).map(([key, item]) => [key, dumps(item)]))
  }
  return String(value)
}

/** Encodes an array of encoded values. */
export function list(items: readonly string[]): string {
  return `[${items.join(', ')}]`
}

/** Encodes an object of encoded values, in this order. */
export function object(members: readonly (readonly [key: string, json: string])[]): string {
  return `{${members.map(([key, json]) => `${dumps(key)}: ${json}`).join(', ')}}`
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
