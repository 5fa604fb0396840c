import { readObject } from '../json.ts'

/** Returns the value of an object with this key only, if it is a text that is not empty; undefined for other input. */
export function onlyText(json: unknown, key: string): string | undefined {
  const [[name, text] = [], ...more] = Object.entries(readObject(json) ?? {})
  return name === key && more.length === 0 && typeof text === 'string' && text !== '' ? text : undefined
}
