import { fold } from '../engine/fold.ts'
import { skeletonsOf } from '../engine/skeleton.ts'
import { isLonger } from './text.ts'

export { fold }

/** Words with a meaning of their own at a protocol, and the sender of notices (docs/protocols/README.md, section 2). */
const RESERVED = new Set(['all', 'public', 'server', 'roomd'])

let reservedSkeletons: ReadonlySet<string> | undefined
/** Matches ASCII names without brackets, strokes and the like. */
const PLAIN = /^[\w .-]*$/

/** Maximum characters of a nickname. */
export const LONGEST_NAME = 32
/** Characters of a nickname in a class of a regular expression: the first one, the last one, those between, without the space. */
const FIRST = String.raw`\p{L}\p{N}_\[\]\{\}`
const LAST = String.raw`${FIRST}\p{M}`
const INNER = String.raw`${LAST}.\-\\\|\^\x60`

const NAME = new RegExp(`^(?=.{1,${LONGEST_NAME}}$)[${FIRST}](?:(?:[${INNER}]| (?! ))*[${LAST}])?$`, 'u')
/** Matches the names of version 0.1, which accounts may have. */
const EARLIER_NAME = /^(?=.{1,32}$)[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.-]| (?! |$))*$/u
/** Pattern of JSON Schema for the nicknames of up to {@link LONGEST_NAME} characters without a space. */
export const NICKNAME_PATTERN = String.raw`^(?!.*\p{Default_Ignorable_Code_Point})[${FIRST}](?:[${INNER}]*[${LAST}])?$`
const SLUG = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/
const MAX_SLUG = 64
/** Maximum characters of a slug of versions before 0.2. */
const MAX_EARLIER_SLUG = 70
/** Maximum characters of a slug to which an id is appended. */
const LONGEST_STEM = 48

/** Rule for slugs, as in JSON Schema. */
export const SLUG_RULE = { pattern: SLUG.source, minLength: 1, maxLength: MAX_SLUG } as const

/** The rules for nicknames without a space and for slugs in words, which follow `A nickname has`. */
export const NICKNAME_WORDS = `up to ${LONGEST_NAME} letters, digits and _ [ ] { }, and within it . - \\ | ^ \`, but no space`
export const SLUG_WORDS = `1 to ${MAX_SLUG} of a-z A-Z 0-9 . _ -, first a letter or digit, without # and spaces`

/** Characters that leave no mark on a screen. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u

/**
 * Returns true for a nickname (docs/protocols/moderation.md, section 1.1). Protocols that allow less check that themselves. A nickname has no
 * `<`, `>`, `&` or quote, as a published client shows names as HTML.
 */
export function isName(name: string): boolean {
  return isNormal(name) && NAME.test(name) && !INVISIBLE.test(name)
}

/** Returns true for the possible nickname of an account; earlier versions of roomd allowed other ones. */
export function mayBeAccount(name: string): boolean {
  return isNormal(name) && (NAME.test(name) || EARLIER_NAME.test(name))
}

function isNormal(name: string): boolean {
  return name.length <= 2 * LONGEST_NAME && name.normalize('NFC') === name
}

/**
 * Returns true for a nickname that nobody may use. Of ASCII letters and digits only the words themselves are reserved: `a11` is free though
 * it looks like `all`.
 */
export function isReserved(name: string): boolean {
  if (RESERVED.has(fold(name))) return true
  if (PLAIN.test(name)) return false
  // Made on first use, as the table of confusable characters is slow to load.
  const reserved = (reservedSkeletons ??= new Set([...RESERVED].flatMap(skeletonsOf)))
  return skeletonsOf(name).some((skeleton) => reserved.has(skeleton))
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

export function isSlug(name: string): boolean {
  return name.length <= MAX_SLUG && SLUG.test(name)
}

/** Returns true for the possible slug of a room; earlier versions of roomd allowed longer ones. */
export function mayBeSlug(name: string): boolean {
  return name.length <= MAX_EARLIER_SLUG && SLUG.test(name)
}
