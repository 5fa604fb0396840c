import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Mistake } from '../../commands/command.ts'
import { parseRange, parseTime } from '../../commands/range.ts'

const NOW = Date.UTC(2026, 4, 24, 12)

describe('parseTime', () => {
  it.each([
    ['2015-05-24', '2015-05-24T00:00:00.000Z'],
    ['2015-05-24T15:17', '2015-05-24T15:17:00.000Z'],
    ['2015-05-24T15:17:19', '2015-05-24T15:17:19.000Z'],
    ['2015-05-24T15:17:19Z', '2015-05-24T15:17:19.000Z'],
    ['2015-05-24t15:17:19z', '2015-05-24T15:17:19.000Z'],
    ['2015-05-24T15:17:19.5', '2015-05-24T15:17:19.500Z'],
    ['2015-05-24T15:17:19,25Z', '2015-05-24T15:17:19.250Z'],
    ['2015-05-24T15:17:19.209832', '2015-05-24T15:17:19.209Z'],
    ['2015-05-24T15:17:19+02:00', '2015-05-24T13:17:19.000Z'],
    ['2015-05-24T15:17:19-0330', '2015-05-24T18:47:19.000Z'],
    ['2015-05-24T15:17:19.5+02', '2015-05-24T13:17:19.500Z'],
    ['2015-05-24 15:17', '2015-05-24T15:17:00.000Z'],
    ['2015-05-24 15:17:19.209832', '2015-05-24T15:17:19.209Z'],
    ['2015-05-24 \t15:17:19', '2015-05-24T15:17:19.000Z'],
    ['2015-05-24 15:17:19Z', '2015-05-24T15:17:19.000Z'],
    ['2015-05-24 15:17:19 +0200', '2015-05-24T13:17:19.000Z'],
    ['2015-05-24 15:17:19 utc', '2015-05-24T15:17:19.000Z'],
    ['2015-05-24 9:30', '2015-05-24T09:30:00.000Z'],
    ['today', '2026-05-24T00:00:00.000Z'],
    ['Yesterday', '2026-05-23T00:00:00.000Z'],
    ['today 10:00', '2026-05-24T10:00:00.000Z'],
    ['yesterday 23:59:59.5', '2026-05-23T23:59:59.500Z'],
    ['10:00', '2026-05-24T10:00:00.000Z'],
    ['9:30', '2026-05-24T09:30:00.000Z'],
    ['10:00:30.25', '2026-05-24T10:00:30.250Z'],
    ['10:00+02:00', '2026-05-24T08:00:00.000Z'],
    ['2016-02-29', '2016-02-29T00:00:00.000Z'],
    ['2999-01-01', '2999-01-01T00:00:00.000Z'],
    ['0', '1970-01-01T00:00:00.000Z'],
    ['1432480639', '2015-05-24T15:17:19.000Z'],
    ['1432480639.209', '2015-05-24T15:17:19.209Z'],
    ['-90s', '2026-05-24T11:58:30.000Z'],
    ['-10m', '2026-05-24T11:50:00.000Z'],
    ['-2h', '2026-05-24T10:00:00.000Z'],
    ['-7d', '2026-05-17T12:00:00.000Z'],
  ])('reads %s as %s', (word, iso) => {
    expect(new Date(parseTime(word, NOW)).toISOString()).toBe(iso)
  })

  it.each([
    'nonsense',
    '',
    '2015-02-30',
    '2015-02-29',
    '2015-13-01',
    '2015-00-01',
    '2015-01-00',
    '2015-5-24',
    '2015-05-24T',
    '2015-05-24T25:00',
    '2015-05-24T15:60',
    '2015-05-24T15:17:61',
    '2015-05-24T15:17:19.',
    '2015-05-24T15:17:19+99:99',
    '2015-05-24Z',
    '2015-05-24 ',
    '2015-02-30 15:17',
    '2015-05-24 25:00',
    '25:00',
    '10:60',
    '10:0',
    '100:00',
    ':30',
    'tomorrow',
    'today10:00',
    '2015-02-30T15:17:19+02:00',
    '-10',
    '-10w',
    '10m',
    '-1',
    '1e3',
    '123456789012',
    'Infinity',
    '__proto__',
  ])('refuses %j', (word) => {
    expect(() => parseTime(word, NOW)).toThrow(new Mistake('unknown-time'))
  })

  it('reads back what toISOString writes, to the millisecond', () => {
    const date = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
    fc.assert(
      fc.property(date, (date) => {
        const iso = date.toISOString()
        expect(parseTime(iso, NOW)).toBe(date.getTime())
        expect(parseTime(iso.slice(0, -1), NOW)).toBe(date.getTime())
        expect(parseTime(iso.slice(0, 10), NOW)).toBe(Math.floor(date.getTime() / 86_400_000) * 86_400_000)
      }),
    )
  })

  it('takes an offset off', () => {
    const date = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true })
    const two = (n: number) => String(n).padStart(2, '0')
    fc.assert(
      fc.property(date, fc.constantFrom('+', '-'), fc.nat(23), fc.nat(59), (date, sign, hours, minutes) => {
        const shift = (hours * 60 + minutes) * 60_000 * (sign === '+' ? 1 : -1)
        const local = new Date(date.getTime() + shift).toISOString()
        if (!/^\d{4}-/.test(local)) return
        expect(parseTime(`${local.slice(0, -1)}${sign}${two(hours)}:${two(minutes)}`, NOW)).toBe(date.getTime())
        expect(parseTime(`${local.slice(0, -1)}${sign}${two(hours)}${two(minutes)}`, NOW)).toBe(date.getTime())
      }),
    )
  })

  it('gives a finite number or a Mistake, whatever the word', () => {
    const word = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789-:T.Z+smhd') }))
    fc.assert(
      fc.property(word, (word) => {
        try {
          expect(parseTime(word, NOW)).toSatisfy(Number.isFinite)
        } catch (error) {
          expect(error).toBeInstanceOf(Mistake)
        }
      }),
    )
  })
})

describe('parseRange', () => {
  const at = (text: string) => Date.parse(text)
  const day = (text: string) => at(`${text}T00:00:00Z`)

  it.each([
    ['', {}],
    ['2015-05-24', { from: day('2015-05-24') }],
    ['2015-05-24 2015-05-25', { from: day('2015-05-24'), to: day('2015-05-25') }],
    ['2015-05-24  \t 2015-05-25', { from: day('2015-05-24'), to: day('2015-05-25') }],
    ['2015-05-24 2015-05-25 whatever else', { from: day('2015-05-24'), to: day('2015-05-25') }],
    ['limit=5', { limit: 5 }],
    ['LIMIT=5 2015-05-24', { from: day('2015-05-24'), limit: 5 }],
    ['2015-05-24 limit=5 2015-05-25 after=7', { from: day('2015-05-24'), to: day('2015-05-25'), limit: 5, after: 7 }],
    ['after=0', {}],
    ['-10m', { from: NOW - 600_000 }],
    ['2015-05-24 15:17:19.209832', { from: at('2015-05-24T15:17:19.209Z') }],
    [
      '2015-05-24 15:17:19.209832 2015-05-25 10:00:00.000000',
      { from: at('2015-05-24T15:17:19.209Z'), to: at('2015-05-25T10:00Z') },
    ],
    ['2015-05-24 2015-05-25 10:00', { from: day('2015-05-24'), to: at('2015-05-25T10:00Z') }],
    ['2015-05-24 10:00 2015-05-25', { from: at('2015-05-24T10:00Z'), to: day('2015-05-25') }],
    ['2015-05-24 10:00 +0200 2015-05-25 10:00 Z', { from: at('2015-05-24T08:00Z'), to: at('2015-05-25T10:00Z') }],
    ['"2015-05-24 15:17:19" \'2015-05-25 10:00\'', { from: at('2015-05-24T15:17:19Z'), to: at('2015-05-25T10:00Z') }],
    ['"2015-05-24T15:17:19" limit=5', { from: at('2015-05-24T15:17:19Z'), limit: 5 }],
    ['2015-05-24 limit=5 10:00', { from: at('2015-05-24T10:00Z'), limit: 5 }],
    ['yesterday today', { from: day('2026-05-23'), to: day('2026-05-24') }],
    ['yesterday 10:00 today 11:00', { from: at('2026-05-23T10:00Z'), to: at('2026-05-24T11:00Z') }],
    ['10:00 11:30', { from: at('2026-05-24T10:00Z'), to: at('2026-05-24T11:30Z') }],
    ['2015-05-24 10:00 10:30', { from: at('2015-05-24T10:00Z'), to: at('2026-05-24T10:30Z') }],
  ])('reads %j', (parameter, range) => {
    expect(parseRange(parameter, NOW)).toEqual({ range, filter: undefined, end: false })
  })

  it('reads how many of the oldest events are wanted', () => {
    expect(parseRange('first=7 after=3', NOW)).toMatchObject({ first: 7, range: { after: 3 } })
    expect(parseRange('limit=7', NOW).first).toBeUndefined()
  })

  it.each(['limit=', 'first=0', 'limit=0', 'limit=-1', 'limit=x', 'limit=1.5', 'limit=1e3'])(
    'refuses %j',
    (parameter) => {
      expect(() => parseRange(parameter, NOW)).toThrow(new Mistake('invalid-limit', parameter.slice(6)))
    },
  )

  it.each(['after=', 'after=x', 'after=-1', 'after=1.5', 'after=9007199254740993', 'after=99999999999999999'])(
    'refuses %j, which is no id',
    (parameter) => {
      expect(() => parseRange(parameter, NOW)).toThrow(new Mistake('invalid-id', parameter.slice(6)))
    },
  )

  it('refuses a time that cannot be read, first or second', () => {
    expect(() => parseRange('nonsense', NOW)).toThrow(Mistake)
    const words = [
      '2015-05-24 nonsense',
      '2015-05-24 25:00',
      '2015-05-24 10:00 nonsense',
      '"2015-05-24',
      '""',
      "'' today",
    ]
    for (const parameter of words) expect(() => parseRange(parameter, NOW)).toThrow(Mistake)
  })
})
