import fc from 'fast-check'
import { commands } from '../../../commands/index.ts'
import { disordered } from '../mutate-order.ts'
import { mostly, name, oddText, password, room, text } from '../values.ts'

const time = fc.constantFrom(
  '2015-05-24',
  '2999-01-01',
  'today',
  '10:00',
  '-10m',
  '-999999999999d',
  "'2015-05-24 15:17:19.209832'",
  '0000-00-00',
  '2015-02-31T25:61',
  '1e20',
  'nonsense',
)
const range = fc.oneof(
  fc.constant(''),
  fc.array(time, { maxLength: 3 }).map((times) => times.join(' ')),
  fc.integer({ min: -2, max: 1_000 }).map((n) => `limit=${n}`),
  fc.bigInt({ min: -2n, max: 2n ** 70n }).map((n) => `after=${n}`),
)
// Behind /plain the lines are not JSON; test/protocols/line/plain.test.ts compares them with those that are.
const spelling = fc.constantFrom(
  ...commands.filter(({ name }) => name !== '/plain').flatMap(({ name, aliases = [] }) => [name, ...aliases]),
)
const parameter = fc.oneof(
  name,
  room,
  text,
  range,
  password,
  fc.tuple(name, text).map((both) => both.join(' ')),
)
const join = fc.tuple(fc.constantFrom('JOIN', 'JOIN', '/speak', '/enter'), room).map((both) => both.join(' '))

const request: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: join },
  { weight: 2, arbitrary: fc.tuple(name, text).map(([to, said]) => `/tell ${to} ${said}`) },
  range.map((within) => `HISTORY ${within}`),
  fc.constantFrom('LEAVE', 'LEFT ROOM', 'HISTORY', '/who', '/rooms', '/blocked', '/ping x', '/quit', '/help'),
  { weight: 4, arbitrary: fc.tuple(spelling, parameter).map((both) => both.join(' ')) },
  fc.tuple(spelling, fc.constantFrom(' ', '\t', '  ', ''), oddText).map((parts) => parts.join('')),
)

const login = mostly(
  6,
  name.map((nickname) => `LOGIN ${nickname}`),
  fc.tuple(name, password).map(([nickname, word]) => `LOGIN ${nickname} ${word}`),
)

/** The lines of a session, without their ends. */
export const lines: fc.Arbitrary<readonly string[]> = fc
  .tuple(login, join, fc.array(request, { maxLength: 20 }))
  .map(([first, second, rest]) => [first, second, ...rest])
  .chain(disordered)
