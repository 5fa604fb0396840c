import { Writable } from 'node:stream'
import fc from 'fast-check'
import { pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { describe, expect, it } from 'vitest'
import { visible } from '../../src/log/visible.ts'

/** What no terminal may get of a client; line feeds and tabs it may. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** A line as it is written. */
function lineOf(write: (log: pino.Logger) => void): string {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  write(pino({ hooks: { streamWrite: visible } }, sink))
  return text
}

describe('visible', () => {
  it.each([
    ['\u001b[2J', String.raw`\u001b[2J`],
    ['a\u009b31mb', String.raw`a\u009b31mb`],
    ['\u202efdp.exe', String.raw`\u202efdp.exe`],
    ['\u{e0041}x\u200d', String.raw`\u{e0041}x\u200d`],
    ['\u0007\b\f\r\u007f', String.raw`\u0007\b\f\r\u007f`],
    ['a\u2028b', String.raw`a\u2028b`],
    ['"\\\n\té😀', '"\\\n\té😀'],
    [String.raw`C:\new\u001b\\r`, String.raw`C:\new\u001b\\r`],
  ])('shows %j as %j', (text, shown) => {
    const line = lineOf((log) => log.info({ text, list: [text], [`key ${text}`]: 1 }, `said ${text}`))
    expect(JSON.parse(line)).toMatchObject({ text: shown, list: [shown], [`key ${shown}`]: 1, msg: `said ${shown}` })
  })

  it('covers errors and what hangs on them', () => {
    const error = Object.assign(new Error('\u001b[2J\u202e'), { code: '\u009b', deep: { header: '\u001b]0;x\u0007' } })
    const line = lineOf((log) => log.error({ err: error }, 'failed'))
    const { err } = JSON.parse(line)
    for (const text of [err.message, err.code, err.deep.header, err.stack]) expect(text).not.toMatch(UNSAFE)
    expect(err).toMatchObject({ message: String.raw`\u001b[2J\u202e`, code: String.raw`\u009b` })
    expect(err.stack).toContain('\n    at ')
  })

  it('leaves a line without such characters as it is', () => {
    const line = '{"level":30,"msg":"a \\"quoted\\" \\\\ path é😀"}\n'
    expect(visible(line)).toBe(line)
  })

  it('makes valid JSON, of which nothing drives a terminal, neither itself nor shown to a person', () => {
    const pretty = prettyFactory({ colorize: false })
    const hostile = fc.constantFrom(
      '\u001b',
      '\u009b',
      '\u202e',
      '\\',
      '"',
      'u',
      '0',
      'b',
      '\r',
      '\u0000',
      '\u{e0001}',
      'é',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(hostile).map((letters) => letters.join('')),
    )
    fc.assert(
      fc.property(text, fc.json(), (said, json) => {
        const line = visible(`${JSON.stringify({ level: 30, time: 1, said, json, msg: said })}\n`)
        expect(line).not.toMatch(UNSAFE)
        const read = JSON.parse(line)
        for (const shown of [read.said, read.json, read.msg, String(pretty(line))]) expect(shown).not.toMatch(UNSAFE)
        if (!UNSAFE.test(said) && said.isWellFormed()) expect(read.said).toBe(said)
      }),
      { numRuns: 50 },
    )
  })
})
