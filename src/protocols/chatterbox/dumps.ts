import { escapeAll, NOT_ASCII } from '../escape.ts'

/** A value of JSON. Numbers are safe integers: Python writes others in a form of its own. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Text that is written as it is. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * Writes JSON as Python's `json.dumps` does by default: in ASCII, with a blank after each comma and colon. Clients search the
 * text of a frame (docs/protocols/chatterbox.md, section 1).
 */
export function dumps(value: Json): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : escapeAll(JSON.stringify(value), NOT_ASCII)
  if (isList(value)) return list(value.map(dumps))
  if (typeof value === 'object' && value !== null) {
    return object(Object.entries(value).map(([key, item]) => [key, dumps(item)]))
  }
  return String(value)
}

/** Writes a list of values that are JSON already. */
export function list(items: readonly string[]): string {
  return `[${items.join(', ')}]`
}

/** Writes an object of values that are JSON already, in this order. */
export function object(members: readonly (readonly [key: string, json: string])[]): string {
  return `{${members.map(([key, json]) => `${dumps(key)}: ${json}`).join(', ')}}`
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
