const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses a JSON object, a text or UTF-8; undefined for invalid UTF-8, invalid JSON, other values, and a body that is missing. */
export function readObject(json: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.isBuffer(json) ? utf8.decode(json) : String(json))
    return isObject(value) ? value : undefined
  } catch {
    // The error is not passed on, as it may contain a secret.
    return undefined
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
