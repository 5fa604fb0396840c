/** Times, and texts of others on a terminal. */
import { expect, test } from 'vitest'
import { eventSpans } from '../../src/cli/event-text.ts'
import { CommandFailure } from '../../src/cli/failure.ts'
import { safeLine, safeText } from '../../src/cli/safe-text.ts'
import { shownLine } from '../../src/cli/send/input-lines.ts'
import { painted } from '../../src/cli/styles.ts'
import { historySince } from '../../src/cli/tail/since.ts'

test('--since is read as local time, unless it has a zone', () => {
  const now = new Date(2026, 4, 24, 12, 0)
  const local = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString()
  const cases = {
    all: '',
    '-10m': '-10m',
    '1779616800': '1779616800',
    '1838354162659328': 'after=1838354162659328',
    '15:17': local(2026, 4, 24, 15, 17),
    today: local(2026, 4, 24, 0, 0),
    'yesterday 9:30': local(2026, 4, 23, 9, 30),
    '2026-05-01': local(2026, 4, 1, 0, 0),
    '2026-05-01 15:17': local(2026, 4, 1, 15, 17),
    '2026-05-01T15:17:19Z': '2026-05-01T15:17:19.000Z',
    '2026-05-01T15:17+02:00': '2026-05-01T13:17:00.000Z',
  }
  for (const [text, since] of Object.entries(cases)) expect(historySince(text, now), text).toBe(since)
  for (const text of ['', 'soon', '2026-02-30', '25:00', '12:60', '-10', '2026-13-01']) {
    expect(() => historySince(text, now), text).toThrow(CommandFailure)
  }
})

test('a text of others has nothing that a terminal obeys', () => {
  expect(safeText('a\x1b[31mb\x07\x9b\u202e\u2066c\td\ne\r')).toBe(
    'a\\u001b[31mb\\u0007\\u009b\\u202e\\u2066c    d\ne\\u000d',
  )
  expect(safeLine('a\nb')).toBe('a\\nb')
  // Joins emoji.
  expect(safeText('👩‍👩‍👧')).toBe('👩‍👩‍👧')
})

test('a line of a program is what a terminal would show', () => {
  const cases = {
    'plain text  ': 'plain text  ',
    'end\r': 'end',
    '10%\r100%\r': '100%',
    '\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07': 'red link',
    'ab\b\b\bc': 'c',
    'a\x00\x7fb\tc': 'ab\tc',
  }
  for (const [line, text] of Object.entries(cases)) expect(shownLine(line)).toBe(text)
})

test('every event has a text', () => {
  const at = { room: 'ops', utctimestamp: '2026-05-24 15:17:19.000000', id: '1' }
  const text = (event: object) => painted(eventSpans({ ...at, from: 'ann', body: '', ...event } as never), false)
  expect(text({ type: 'message', body: 'hi' })).toBe('<ann> hi')
  expect(text({ type: 'message', body: 'hi', action: true })).toBe('* ann hi')
  expect(text({ type: 'message', body: 'hi', notice: true })).toBe('-ann- hi')
  expect(text({ type: 'private', body: 'hi', to: 'bob' })).toBe('<ann -> bob> hi')
  expect(text({ type: 'userJoined' })).toBe('* ann joined')
  expect(text({ type: 'userLeft' })).toBe('* ann left')
  expect(text({ type: 'userKicked', to: 'bob', body: 'spam' })).toBe('* bob was kicked by ann (spam)')
  expect(text({ type: 'topic', body: 'x' })).toBe('* ann set the topic: x')
  expect(text({ type: 'topic' })).toBe('* ann removed the topic')
  expect(text({ type: 'role', to: 'bob', role: 'muted', on: false })).toBe('* ann: bob is no longer muted')
  expect(text({ type: 'mode', flag: 'slow', on: true, value: '5' })).toBe('* ann: slow is 5')
  expect(text({ type: 'redacted', to: 'bob', target: '7' })).toBe('* ann deleted message 7 of bob')
  expect(painted([{ text: 'x', style: 'error' }], true)).toBe('\x1b[31mx\x1b[39m')
  expect(
    painted(
      [
        { text: 'x', style: 'error' },
        { text: 'y', style: 'bar' },
      ],
      false,
    ),
  ).toBe('x\x1b[7my\x1b[27m')
})
