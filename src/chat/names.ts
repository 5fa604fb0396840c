import { fold } from '../engine/fold.ts'

export { fold }

/** Words that protocols give a meaning of their own (protocols/README.md, The core). */
const RESERVED = new Set(['all', 'public'])

const NAME = /^(?=.{1,32}$)[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.-]| (?! |$))*$/u
const LINE_NAME = /^[a-zA-Z0-9]{1,70}$/

/**
 * Whether something is a name: 1 to 32 characters, letters, digits, inner single spaces, `_`, `-` and `.`, the first a
 * letter or digit, in NFC. Protocols that allow less check that themselves.
 */
export function isName(name: string): boolean {
  return NAME.test(name) && name.normalize('NFC') === name
}

export function isReserved(name: string): boolean {
  return RESERVED.has(fold(name))
}

/** Whether something can be a room's name at the line protocol. */
export function isLineName(name: string): boolean {
  return LINE_NAME.test(name)
}
