import { readObject } from '../json.ts'

/** The value of an object that has this key and no other, if it is a text and not empty; undefined for anything else. */
export function onlyText(json: string | Buffer, key: string): string | undefined {
  const [[name, text] = [], ...more] = Object.entries(readObject(json) ?? {})
  return name === key && more.length === 0 && typeof text === 'string' && text !== '' ? text : undefined
}
