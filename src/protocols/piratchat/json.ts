/** The value of an object that has this key and no other, if it is a text and not empty; undefined for anything else. */
export function onlyText(json: string, key: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const [[name, text] = [], ...more] = Object.entries(value)
  return name === key && more.length === 0 && typeof text === 'string' && text !== '' ? text : undefined
}
