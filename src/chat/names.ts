import { fold } from '../engine/fold.ts'
import { skeletonsOf } from '../engine/skeleton.ts'
import { isLonger } from './text.ts'

export { fold }

/** Words with a meaning of their own at a protocol, and the sender of notices (docs/protocols/README.md, section 2). */
const RESERVED = new Set(['all', 'public', 'server'])

const RESERVED_SKELETONS = new Set([...RESERVED].flatMap(skeletonsOf))
const ASCII = /^[\x20-\x7e]*$/

const NAME = /^(?=.{1,32}$)[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.-]| (?! |$))*$/u
const SLUG = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/
const MAX_SLUG = 64
/** Maximum characters of a slug of versions before 0.2. */
const MAX_EARLIER_SLUG = 70
/** Maximum characters of a slug to which an id is appended. */
const LONGEST_STEM = 48

/** Rule for slugs, as in JSON Schema. */
export const SLUG_RULE = { pattern: SLUG.source, minLength: 1, maxLength: MAX_SLUG } as const

/** Characters that leave no mark on a screen. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u

/**
 * Returns true for a nickname: 1 to 32 characters, letters, digits, inner single spaces, `_`, `-` and `.`, the first a letter or
 * digit, none of them invisible, in NFC (docs/protocols/README.md, section 2). Protocols that allow less check that themselves.
 */
export function isName(name: string): boolean {
  return mayBeAccount(name) && !INVISIBLE.test(name)
}

/** Returns true for the possible nickname of an account; earlier versions of roomd allowed invisible characters. */
export function mayBeAccount(name: string): boolean {
  return NAME.test(name) && name.normalize('NFC') === name
}

/** Returns true for a nickname that nobody may use. In ASCII only the words themselves are reserved: `a11` is free though it looks like `all`. */
export function isReserved(name: string): boolean {
  if (RESERVED.has(fold(name))) return true
  return !ASCII.test(name) && skeletonsOf(name).some((skeleton) => RESERVED_SKELETONS.has(skeleton))
}

/** Returns true for a room's title: 1 to 70 characters, no control character, no white space at an end. */
export function isTitle(title: string): boolean {
  return (
    title !== '' && !isLonger(title, 70) && title.isWellFormed() && !/\p{Cc}/u.test(title) && title.trim() === title
  )
}

/**
 * The slug for a title (docs/protocols/README.md, section 4): the title without all characters that do not fit. Where that is empty or
 * taken, `stem` with the room's id.
 */
export function slugOf(title: string): { slug: string; stem?: string } {
  if (isSlug(title)) return { slug: title }
  const fitting = title.replace(/[^a-zA-Z0-9._-]/g, '').replace(/^[._-]+/, '')
  return { slug: fitting.slice(0, MAX_SLUG), stem: fitting.slice(0, LONGEST_STEM) || 'room' }
}

/** Returns true for a slug. */
export function isSlug(name: string): boolean {
  return name.length <= MAX_SLUG && SLUG.test(name)
}

/** Returns true for the possible slug of a room; earlier versions of roomd allowed longer ones. */
export function mayBeSlug(name: string): boolean {
  return name.length <= MAX_EARLIER_SLUG && SLUG.test(name)
}
