import { expect, it } from 'vitest'
import { show } from '../../../src/transport/lines/terminal.ts'
import { cpuMsOf } from '../../support/cpu.ts'

it.each([
  ['a progress bar', '10%\r20%\r100%', '100%'],
  ['one that is longer than its end', 'downloading\rdone', 'doneloading'],
  ['one that erases to the end', 'downloading\r\x1b[Kdone', 'done'],
  ['one that erases the line', 'downloading\x1b[2K\rdone', 'done'],
  ['one that goes to a column', 'downloading\x1b[5Gup', 'downupading'],
  ['one that goes back', '10%\x1b[3D20%', '20%'],
  ['columns', 'a\x1b[3Cb', 'a   b'],
  ['a carriage return at the end', '100%\r', '100%'],
  ['a spinner', 'busy |\b/\b-\b\\\bdone', 'busy done'],
  ['percents with backspaces', ' 10%\b\b\b\b 20%\b\b\b\b100%', '100%'],
  ['backspace', 'helo\b\bllo', 'hello'],
  ['DEL', 'helo\x7f\x7fllo', 'hello'],
  ['the echo of a backspace', 'helo\b \b\b \bllo', 'hello'],
  ['more backspaces than text', 'ab\b\b\b\bcd', 'cd'],
  ['a backspace at the end', 'secretx\b', 'secret'],
  ['a backspace over a character outside the BMP', 'a😀\bb', 'ab'],
  ['a backspace within the line', 'abc\r12\b3', '13c'],
  ['bold type', 'N\bNA\bAM\bME\bE', 'NAME'],
  ['colours', '\x1b[31mred\x1b[0m\r\x1b[32mgre\x1b[0men', 'green'],
  ['a title', '\x1b]0;title\x07text', 'text'],
  ['other controls, which stay', 'a\0b\x07c\td', 'a\0b\x07c\td'],
])('shows %s', (_, line, seen) => {
  expect(show(line).text).toBe(seen)
})

it('knows where the next character goes', () => {
  expect(show('abc').cursor).toBe(3)
  expect(show('😀😀\rx').cursor).toBe(1)
  expect(show('abc\b').cursor).toBe(2)
})

it('takes its time with the length only', () => {
  for (const piece of ['\x1b[512Gx', '\x1b[2Kx', '\x1b[99999Cx', '\x1b[2K\x1b[512Gx\r', '\bx', '\rx', '\x1b[Kx']) {
    expect(cpuMsOf(() => void show('x'.repeat(16_384) + piece.repeat(8_000)))).toBeLessThan(300)
  }
  expect(show('\x1b[99999Cx').text).toHaveLength(513)
})
