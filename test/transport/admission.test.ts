import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Admission } from '../../src/transport/admission.ts'

describe('Admission', () => {
  it('bounds all connections together', () => {
    const admission = new Admission({ maxConnections: 2, maxPerAddress: 0 })
    expect(admission.refuse('a')).toBeUndefined()
    expect(admission.refuse('b')).toBeUndefined()
    expect(admission.refuse('c')).toBe('too-many-connections')
    expect(admission.count).toBe(2)
    admission.leave('a')
    expect(admission.refuse('c')).toBeUndefined()
  })

  it('bounds those of one address', () => {
    const admission = new Admission({ maxConnections: 0, maxPerAddress: 2 })
    expect(admission.refuse('a')).toBeUndefined()
    expect(admission.refuse('a')).toBeUndefined()
    expect(admission.refuse('a')).toBe('too-many-from-address')
    expect(admission.refuse('b')).toBeUndefined()
    admission.leave('a')
    expect(admission.refuse('a')).toBeUndefined()
    expect(admission.count).toBe(3)
  })

  it('lets everybody in without bounds', () => {
    const admission = new Admission({ maxConnections: 0, maxPerAddress: 0 })
    for (let n = 0; n < 1_000; n++) expect(admission.refuse('a')).toBeUndefined()
    expect(admission.count).toBe(1_000)
  })

  it('counts as a list of connections does', () => {
    const step = fc.record({ come: fc.boolean(), address: fc.constantFrom('a', 'b', 'c') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(6), fc.nat(3), (steps, maxConnections, maxPerAddress) => {
        const admission = new Admission({ maxConnections, maxPerAddress })
        const inside: string[] = []
        for (const { come, address } of steps) {
          const same = inside.filter((other) => other === address).length
          if (come) {
            const full = maxConnections > 0 && inside.length >= maxConnections
            const many = maxPerAddress > 0 && same >= maxPerAddress
            const reason = full ? 'too-many-connections' : many ? 'too-many-from-address' : undefined
            expect(admission.refuse(address)).toBe(reason)
            if (reason === undefined) inside.push(address)
          } else if (same > 0) {
            admission.leave(address)
            inside.splice(inside.indexOf(address), 1)
          }
          expect(admission.count).toBe(inside.length)
        }
      }),
    )
  })
})
