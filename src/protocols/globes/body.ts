import { readObject } from '../json.ts'

/** Returns the fields of a body; undefined if it is not a JSON object. */
export function bodyFields(body: unknown): Readonly<Record<string, unknown>> | undefined {
  return Buffer.isBuffer(body) ? readObject(body) : undefined
}
