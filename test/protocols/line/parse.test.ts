import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commands } from '../../../commands/index.ts'
import { plainLine } from '../../../commands/message.ts'
import { Parser } from '../../../src/protocols/line/parse.ts'

const parser = new Parser(commands, plainLine)

/** `[name, parameter]`, or `['?', what is unknown]`. */
function read(line: string): [string, string] {
  const parsed = parser.parse(line)
  return 'unknown' in parsed ? ['?', parsed.unknown] : [parsed.command.name, parsed.parameter]
}

describe('a line of the seed', () => {
  it.each([
    ['LOGIN alice', 'LOGIN', 'alice'],
    ['LOGIN', 'LOGIN', ''],
    ['LOGIN   ', 'LOGIN', ''],
    ['LOGIN \t alice \t ', 'LOGIN', 'alice'],
    ['LOGIN\talice', 'LOGIN', 'alice'],
    ['LOGIN al ice', 'LOGIN', 'al ice'],
    ['JOIN', 'JOIN', ''],
    ['JOIN ROOM', 'JOIN', ''],
    ['JOIN ROOM ', 'JOIN', ''],
    ['JOIN tech', 'JOIN', 'tech'],
    ['JOIN ROOM tech', 'JOIN', 'tech'],
    ['JOIN ROOM\ttech', 'JOIN', 'tech'],
    ['JOIN ROOMS', 'JOIN', 'ROOMS'],
    ['JOIN ROOM ROOM', 'JOIN', 'ROOM'],
    ['JOIN !@#', 'JOIN', '!@#'],
    ['JOIN xJOINy', 'JOIN', 'xJOINy'],
    ['LEAVE', 'LEAVE', ''],
    ['LEAVE  ', 'LEAVE', ''],
    ['LEAVE ROOM', 'LEAVE', ''],
    ['LEFT', 'LEAVE', ''],
    ['LEFT ROOM', 'LEAVE', ''],
    ['LEFT ROOM \t', 'LEAVE', ''],
    ['HISTORY', 'HISTORY', ''],
    ['HISTORY 2000-01-01 2999-01-01', 'HISTORY', '2000-01-01 2999-01-01'],
    ['MESSAGE hello', 'MESSAGE', 'hello'],
    ['MESSAGE JOIN us', 'MESSAGE', 'JOIN us'],
    ['MESSAGE a MESSAGE b', 'MESSAGE', 'a MESSAGE b'],
    ['MESSAGE /x', 'MESSAGE', '/x'],
    ['MESSAGE', 'MESSAGE', ''],
  ])('%j is %s with %j', (line, name, parameter) => {
    expect(read(line)).toEqual([name, parameter])
  })

  it.each([
    '',
    ' ',
    'hello',
    '  hello  ',
    'login bob',
    'Join tech',
    'LOGINfoo',
    'JOINED the club',
    'LEFTOVERS',
    'LEFT my keys at home',
    'LEAVE ROOM now',
    'LEAVE me alone',
    'HISTORYx',
    'MESSAGEx',
    ' LOGIN alice',
    '\tJOIN tech',
    'LOGIN\u00a0alice',
    'HELP me',
    '? what',
    'PIPE it',
    'QUIT',
    'PING',
  ])('%j is a message, word for word', (line) => {
    expect(read(line)).toEqual(['MESSAGE', line])
  })
})

describe('a line with a slash', () => {
  it.each([
    ['/join tech', 'JOIN', 'tech'],
    ['/JOIN tech', 'JOIN', 'tech'],
    ['/Join Room Tech', 'JOIN', 'Tech'],
    ['/login alice', 'LOGIN', 'alice'],
    ['/history limit=5', 'HISTORY', 'limit=5'],
    ['/left', 'LEAVE', ''],
    ['/message  Hello ', 'MESSAGE', 'Hello'],
    ['/HELP', '/help', ''],
    ['/help join', '/help', 'join'],
    ['/who', '/who', ''],
    ['/Ping Pong', '/ping', 'Pong'],
    ['/quit', '/quit', ''],
    ['/block bob', '/block', 'bob'],
    ['/blocked', '/blocked', ''],
  ])('%j is %s with %j', (line, name, parameter) => {
    expect(read(line)).toEqual([name, parameter])
  })

  it.each([
    ['/x', '/x'],
    ['/X y z', '/X'],
    ['/x\ty', '/x'],
    ['/', '/'],
    ['/ join tech', '/'],
    ['//', '//'],
    ['/joined', '/joined'],
    ['/leave me', '/leave'],
  ])('%j names nothing: %s', (line, unknown) => {
    expect(read(line)).toEqual(['?', unknown])
  })

  it('cuts the parameter where the word ends, whatever upper case does to the rest', () => {
    expect(read('/message ßﬁ')).toEqual(['MESSAGE', 'ßﬁ'])
  })
})

// Once: the whole line is compared in upper case, and the upper case of the dotless i, of the long s and of ß is ASCII. So
// `/jo\u0131n tech` joins, and with ß the parameter is cut at the wrong place.
it.each(['/jo\u0131n tech', '/hi\u017ftory', '/me\u017f\u017fage x', '/me\u00dfage  x'])(
  'takes nothing but ASCII for a command word: %j',
  (line) => {
    expect(read(line)[0]).toBe('?')
  },
)

it('never loses text and never mistakes a line for a command', () => {
  const words = ['LOGIN', 'JOIN', 'ROOM', 'LEAVE', 'LEFT', 'HISTORY', 'MESSAGE', ' ', '\t', 'x', 'é', '/']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 8 }), (parts) => {
      const line = parts.join('')
      const [name, parameter] = read(line)
      if (line.startsWith('/')) return
      const isCommand = /^(?:LOGIN|JOIN|HISTORY|MESSAGE)(?:[ \t]|$)|^(?:LEAVE|LEFT)(?: ROOM)?[ \t]*$/.test(line)
      if (!isCommand) expect([name, parameter]).toEqual(['MESSAGE', line])
      else expect(line.replace(/[ \t]+$/, '').endsWith(parameter)).toBe(true)
      if (isCommand) expect(parameter).toBe(parameter.replace(/^[ \t]+|[ \t]+$/g, ''))
    }),
  )
})
