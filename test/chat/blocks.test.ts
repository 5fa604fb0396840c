import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Blocks } from '../../src/chat/blocks.ts'
import { fold } from '../../src/chat/names.ts'

describe('Blocks', () => {
  it('works both ways, without regard to case', () => {
    const blocks = new Blocks()
    blocks.block('Alice', 'BOB')
    expect(blocks.between('alice', 'bob')).toBe(true)
    expect(blocks.between('Bob', 'ALICE')).toBe(true)
    expect(blocks.between('alice', 'carol')).toBe(false)
  })

  it('lists names as the owner wrote them, once each', () => {
    const blocks = new Blocks()
    blocks.block('alice', 'Bob')
    blocks.block('ALICE', 'Carol')
    blocks.block('alice', 'Bob')
    expect(blocks.list('Alice')).toEqual(['Bob', 'Carol'])
    expect(blocks.list('bob')).toEqual([])
  })

  it('says whether there was anything to unblock', () => {
    const blocks = new Blocks()
    blocks.block('alice', 'bob')
    expect(blocks.unblock('bob', 'alice')).toBe(false)
    expect(blocks.unblock('alice', 'BOB')).toBe(true)
    expect(blocks.unblock('alice', 'bob')).toBe(false)
    expect(blocks.empty).toBe(true)
  })

  it('forgets what one name has blocked, not what has blocked it', () => {
    const blocks = new Blocks()
    blocks.block('alice', 'bob')
    blocks.block('alice', 'carol')
    blocks.block('bob', 'alice')
    blocks.forget('ALICE', () => true)
    expect(blocks.list('alice')).toEqual([])
    expect(blocks.between('alice', 'carol')).toBe(false)
    expect(blocks.between('alice', 'bob')).toBe(true)
  })

  it('forgets what is kept between two who are both gone, and only that', () => {
    const blocks = new Blocks()
    blocks.block('alice', 'bob', true)
    blocks.block('alice', 'carol', true)
    blocks.block('alice', 'bob')
    blocks.block('dave', 'alice', true)
    expect(blocks.isKept('aLiCe', 'BOB')).toBe(true)
    blocks.forget('ALICE', (key) => key === 'bob')
    expect(blocks.list('alice')).toEqual(['bob'])
    expect(blocks.between('dave', 'alice')).toBe(false)
    expect(blocks.isKept('dave', 'alice')).toBe(false)
  })

  it('is what a set of pairs is', () => {
    const name = fc.constantFrom('alice', 'Alice', 'bob', 'BOB', 'carol', 'Zoë', 'ZOË')
    const step = fc.record({ op: fc.constantFrom('block', 'unblock', 'forget'), owner: name, other: name })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), name, name, (steps, one, other) => {
        const blocks = new Blocks()
        const pairs = new Set<string>()
        for (const { op, owner, other: name } of steps) {
          const pair = `${fold(owner)}>${fold(name)}`
          if (op === 'block') {
            blocks.block(owner, name)
            pairs.add(pair)
          } else if (op === 'unblock') {
            expect(blocks.unblock(owner, name)).toBe(pairs.delete(pair))
          } else {
            blocks.forget(owner, () => true)
            for (const old of pairs) if (old.startsWith(`${fold(owner)}>`)) pairs.delete(old)
          }
        }
        const [a, b] = [fold(one), fold(other)]
        expect(blocks.empty).toBe(pairs.size === 0)
        expect(blocks.between(one, other)).toBe(pairs.has(`${a}>${b}`) || pairs.has(`${b}>${a}`))
        expect([...blocks.apartFrom(one)].includes(b)).toBe(blocks.between(one, other))
        expect(blocks.list(one).map(fold).sort()).toEqual(
          [...pairs].flatMap((pair) => (pair.startsWith(`${a}>`) ? [pair.slice(a.length + 1)] : [])).sort(),
        )
      }),
    )
  })
})
