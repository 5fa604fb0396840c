import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fold,
  isName,
  isReserved,
  isSlug,
  isTitle,
  mayBeAccount,
  mayBeSlug,
  NICKNAME_PATTERN,
  slugOf,
} from '../../src/chat/names.ts'

describe('isName', () => {
  it.each([
    'a',
    'Bob',
    'al ice',
    'a_b-c.d',
    '7up',
    'Zoë',
    'Ω',
    'x'.repeat(32),
    '\u{1d7ce}',
    '_a_',
    '[bot]',
    '{x}',
    ']',
    'a|b\\c^d`e',
    'हिन्दी',
  ])('takes %j', (name) => {
    expect(isName(name)).toBe(true)
    expect(mayBeAccount(name)).toBe(true)
    expect(new RegExp(NICKNAME_PATTERN, 'u').test(name)).toBe(!name.includes(' '))
    expect(new RegExp(NICKNAME_PATTERN, 'v').test(name)).toBe(!name.includes(' '))
  })

  it.each([
    '',
    ' a',
    'a ',
    'a  b',
    '-a',
    'a-',
    'a.',
    '|a',
    'a|',
    '^',
    '`a',
    'a\\',
    'a<b',
    'a&b',
    "a'b",
    'a/b',
    '.a',
    'a\n',
    '\na',
    'a\tb',
    'a!',
    '😀',
    'x'.repeat(33),
    'e\u0301',
    '\u0301a',
    'a\u202eb',
    // What leaves no mark: fillers, selectors, joiners.
    'a\u3164b',
    'a\u115f',
    'a\uffa0b',
    'a\u034fb',
    'a\ufe0f',
    'a\u{e0101}',
    'a\u180b',
    'a\u17b4b',
    'a\u200db',
    'a\u00adb',
  ])('refuses %j', (name) => {
    expect(isName(name)).toBe(false)
  })

  it.each(['a-', 'a.', 'a\u3164b', 'al ice.'])('refuses %j, which an account of version 0.1 may be called', (name) => {
    expect(isName(name)).toBe(false)
    expect(mayBeAccount(name)).toBe(true)
  })

  it('counts characters, not code units', () => {
    expect(isName('\u{10400}'.repeat(32))).toBe(true)
    expect(isName('\u{10400}'.repeat(33))).toBe(false)
  })

  it('is made of what the rule says', () => {
    const alphabet = fc.constantFrom('a', 'B', '9', ' ', '_', '-', '.', '[', '}', '|', '`', '!', '\n', 'é', 'ß')
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 36 }), (letters) => {
        const name = letters.join('')
        const ends = /^[aB9éß_[}]/.test(name) && /[aB9éß_[}]$/.test(name)
        const rest = !/[!\n]/.test(name) && !name.includes('  ')
        expect(isName(name)).toBe(ends && rest && letters.length <= 32)
      }),
    )
  })
})

describe('fold', () => {
  it('compares what a name or a title can be', () => {
    expect(fold('ＡＤＭＩＮ')).toBe('admin')
    expect(fold('É'.repeat(140))).toBe('é'.repeat(140))
  })

  it('leaves longer texts as they are, as sorting their marks would take long', () => {
    const marks = `A${'\u0345'.repeat(16_000)}${'\u0323'.repeat(16_000)}`
    expect(fold(marks)).toBe(marks)
    expect(fold('A'.repeat(257))).toBe('A'.repeat(257))
  })
})

describe('isSlug', () => {
  it.each(['a', '7', 'ops-prod', 'tech_talk', 'v1.2', 'a--', 'x'.repeat(64)])('takes %j', (name) => {
    expect(isSlug(name)).toBe(true)
    expect(mayBeSlug(name)).toBe(true)
  })

  it.each(['', '!@#', 'é', '-a', '_a', '.a', '..', 'a b', 'a/b', 'räume', 'a\n', 'x'.repeat(65)])(
    'refuses %j',
    (name) => {
      expect(isSlug(name)).toBe(false)
    },
  )

  it('takes what matches the documented rule and nothing else', () => {
    const isPlain = (c: string) => (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 80 }), (name) => {
        const fits = isPlain(name.charAt(0)) && [...name].every((c) => isPlain(c) || '._-'.includes(c))
        expect(isSlug(name)).toBe(fits && name.length <= 64)
      }),
    )
  })
})

describe('fold', () => {
  it.each([
    ['Alice', 'alice'],
    ['ALICE BOB', 'alice bob'],
    ['ÉCOLE', 'école'],
    ['e\u0301', 'é'],
    ['Ａｌｉｃｅ', 'alice'],
    ['ﬁn', 'fin'],
  ])('%j is %j', (name, folded) => {
    expect(fold(name)).toBe(folded)
  })

  it('of ASCII is lower case, whatever way it takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (name) => {
        expect(fold(name)).toBe(name.normalize('NFKC').toLowerCase())
      }),
    )
  })

  it('makes the composed and the decomposed form of a text the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(fold(name.normalize('NFD'))).toBe(fold(name.normalize('NFC')))
      }),
    )
  })
})

describe('isReserved', () => {
  it.each(['all', 'ALL', 'Public', 'ｐublic', 'Server', 'roomd', 'RoomD', 'pub|ic', 'rооmd'])('%j is', (name) => {
    expect(isReserved(name)).toBe(true)
  })

  it.each(['', 'allen', 'alice', 'public1', 'servers', 'a11', 'rooms', '[all]'])('%j is not', (name) => {
    expect(isReserved(name)).toBe(false)
  })
})

describe('isTitle', () => {
  it.each(['a', 'tech_talk', 'Public Chat', '日本', '😀'.repeat(70), '__proto__'])('takes %j', (title) => {
    expect(isTitle(title)).toBe(true)
  })

  it.each(['', ' a', 'a ', 'a\u00a0', '\ta', 'a\nb', 'a\u0085b', '\ud800', 'x'.repeat(71)])('refuses %j', (title) => {
    expect(isTitle(title)).toBe(false)
  })
})

describe('slugOf', () => {
  it.each<[string, { slug: string; stem?: string }]>([
    ['Tech', { slug: 'Tech' }],
    ['tech_talk', { slug: 'tech_talk' }],
    ['ops-prod', { slug: 'ops-prod' }],
    ['v1.2-', { slug: 'v1.2-' }],
    ['Tech Talk', { slug: 'TechTalk', stem: 'TechTalk' }],
    ['._-#a-b!', { slug: 'a-b', stem: 'a-b' }],
    ['日本', { slug: '', stem: 'room' }],
    ['-_.', { slug: '', stem: 'room' }],
    ['x'.repeat(64), { slug: 'x'.repeat(64) }],
    [`${'x'.repeat(69)}-`, { slug: 'x'.repeat(64), stem: 'x'.repeat(48) }],
  ])('%j', (title, names) => {
    expect(isTitle(title)).toBe(true)
    expect(slugOf(title)).toEqual(names)
    expect(names.slug === '' || isSlug(names.slug)).toBe(true)
    expect(isSlug(`${names.stem ?? 'x'}${Number.MAX_SAFE_INTEGER}`)).toBe(true)
  })
})
