const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses a JSON object; undefined for invalid UTF-8, invalid JSON and other values. */
export function readObject(json: Buffer | string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(typeof json === 'string' ? json : utf8.decode(json))
    return isObject(value) ? value : undefined
  } catch {
    // The error is not passed on, as it may contain a secret.
    return undefined
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
