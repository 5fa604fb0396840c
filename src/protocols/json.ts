const utf8 = new TextDecoder('utf-8', { fatal: true })

/** What is said as one JSON object: undefined when it is not UTF-8, not JSON or no object. */
export function readObject(said: Buffer | string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(typeof said === 'string' ? said : utf8.decode(said))
    return isObject(value) ? value : undefined
  } catch {
    // What it says may be a secret: nobody hears of it.
    return undefined
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
