import { readObject } from '../json.ts'

/** The fields of a body; undefined when it is no JSON object. */
export function bodyFields(body: unknown): Readonly<Record<string, unknown>> | undefined {
  return Buffer.isBuffer(body) ? readObject(body) : undefined
}
