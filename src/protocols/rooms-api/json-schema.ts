/** JSON Schema of a time (RFC 3339). */
export const TIME = { type: 'string', format: 'date-time' } as const

/** Returns the JSON Schema of an object that has these properties and no others. */
export function objectOf<const R extends readonly string[], const P extends Readonly<Record<R[number], object>>>(
  required: R,
  properties: P,
) {
  return { type: 'object', properties, required, additionalProperties: false } as const
}

/** Returns the JSON Schema of an object that may have these properties and no others. */
export function optionsOf<const P extends object>(properties: P) {
  return { type: 'object', properties, additionalProperties: false } as const
}
