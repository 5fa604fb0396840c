import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fold } from '../../src/engine/fold.ts'
import { skeletonsOf } from '../../src/engine/skeleton.ts'

const alike = (one: string, other: string) => skeletonsOf(one).some((skeleton) => skeletonsOf(other).includes(skeleton))

describe('skeletonsOf', () => {
  // The first ones are examples of UTS 39.
  it.each([
    ['paypal', 'pаypаl'],
    ['scope', 'ѕсоре'],
    ['toys-r-us', 'toуs-r-us'],
    ['bob', 'ВОВ'],
    ['bob', 'B0b'],
    ['lucy', 'Iucy'],
    ['lucy', '1ucy'],
    ['admin', 'adrnin'],
    ['Ann', 'АNN'],
    ['paul', 'Ρaul'],
    ['paul', 'ｐａｕｌ'],
    ['jürgen', 'ju\u0308rgen'],
    ['Mom', 'ΜОМ'],
    ['foo', 'ſoo'],
    ['o', 'ഠ'],
  ])('finds that %s looks like %s', (one, other) => {
    expect(alike(one, other)).toBe(true)
  })

  it.each([
    ['ann', 'anna'],
    ['bob', 'rob'],
    ['müller', 'muller'],
    ['анна', 'anna'],
    ['李', '木子'],
    ['user1', 'user2'],
  ])('tells %s and %s apart', (one, other) => {
    expect(alike(one, other)).toBe(false)
  })

  it('leaves what is too long for a name as it is', () => {
    const marks = `a${'\u0345'.repeat(16_000)}${'\u0323'.repeat(16_000)}`
    expect(skeletonsOf(marks)).toEqual([marks])
  })

  it('takes names that are the same for alike', () => {
    const letters = fc.constantFrom(...'aAbBiIlLmMoO019ßéÉİıſΣσςᐺɑАаВвѕ𝐚ａ')
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 32 }), (name) => {
        expect(alike(name.join(''), fold(name.join('')))).toBe(true)
      }),
    )
  })
})
