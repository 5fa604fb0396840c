import { fold } from '../engine/fold.ts'
import { skeletonsOf } from '../engine/skeleton.ts'
import { isLonger } from './text.ts'

export { fold }

/** Words that protocols give a meaning of their own (docs/protocols/README.md, section 2), and the name the server speaks under. */
const RESERVED = new Set(['all', 'public', 'server'])

const RESERVED_SKELETONS = new Set([...RESERVED].flatMap(skeletonsOf))
const ASCII = /^[\x20-\x7e]*$/

const NAME = /^(?=.{1,32}$)[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.-]| (?! |$))*$/u
const LINE_NAME = /^[a-zA-Z0-9]{1,70}$/
/** Leaves room for a number. */
const LONGEST_STEM = 54

/** Characters that leave no mark on a screen. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u

/**
 * Whether something is a name: 1 to 32 characters, letters, digits, inner single spaces, `_`, `-` and `.`, the first a
 * letter or digit, none of them invisible, in NFC. Protocols that allow less check that themselves.
 */
export function isName(name: string): boolean {
  return mayBeAccount(name) && !INVISIBLE.test(name)
}

/** Whether something can be the name of an account: earlier versions of roomd took invisible characters. */
export function mayBeAccount(name: string): boolean {
  return NAME.test(name) && name.normalize('NFC') === name
}

/** Whether nobody may use a name. Names in ASCII are reserved as they are: `a11` may be somebody, though it looks like `all`. */
export function isReserved(name: string): boolean {
  if (RESERVED.has(fold(name))) return true
  return !ASCII.test(name) && skeletonsOf(name).some((skeleton) => RESERVED_SKELETONS.has(skeleton))
}

/** Whether something can be a room's title: 1 to 70 characters, no control character, no blank at an end. */
export function isTitle(title: string): boolean {
  return (
    title !== '' && !isLonger(title, 70) && title.isWellFormed() && !/\p{Cc}/u.test(title) && title.trim() === title
  )
}

/**
 * What a room of this title is called where only letters and digits will do (docs/protocols/README.md, Names between the
 * protocols): the title if it fits, else what of it does. Where nothing is left of it, or that is taken, `stem` and the
 * room's number.
 */
export function lineNameOf(title: string): { lineName: string; stem?: string } {
  if (isLineName(title)) return { lineName: title }
  const lineName = title.replace(/[^a-zA-Z0-9]/g, '')
  return { lineName, stem: lineName.slice(0, LONGEST_STEM) || 'room' }
}

/** Whether something can be a room's name at the line protocol. */
export function isLineName(name: string): boolean {
  return LINE_NAME.test(name)
}
