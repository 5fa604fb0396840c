import { expect, test } from 'vitest'
import { shownVariable, unknownVariables, withVariable } from '../src/environment.ts'
import { OPTIONS } from '../src/options.ts'

const shown = (env: Record<string, string>) => unknownVariables(env, Object.keys(OPTIONS)).map(shownVariable)

test('variables of options, and those of other programs, are not listed', () => {
  const options = Object.keys(OPTIONS).map((name) => [`ROOMD_${name.toUpperCase().replaceAll('-', '_')}`, 'x'])
  expect(shown({ ...Object.fromEntries(options), PATH: '/bin', ROOMD: '/srv', MY_ROOMD_LINE: '1' })).toEqual([])
})

test('what Kubernetes makes for a Service is listed by name, without a suggestion or a value', () => {
  const made = {
    ROOMD_SERVICE_HOST: '10.3.104.46',
    ROOMD_SERVICE_PORT: '9090',
    ROOMD_SERVICE_PORT_LINE: '9090',
    ROOMD_PORT: 'tcp://10.3.104.46:9090',
    ROOMD_PORT_9090_TCP: 'tcp://10.3.104.46:9090',
    ROOMD_PORT_9090_TCP_PROTO: 'tcp',
    ROOMD_PORT_9090_TCP_PORT: '9090',
    ROOMD_PORT_9090_TCP_ADDR: '10.3.104.46',
  }
  expect(shown(made)).toEqual(Object.keys(made))
})

test.each([
  ['ROOMD_LINEPORT', 'ROOMD_LINE'],
  ['ROOMD_LINE_PORT', 'ROOMD_LINE'],
  ['ROOMD_HTTPPORT', 'ROOMD_HTTP'],
  ['ROOMD_MAXTEXT', 'ROOMD_MAX_TEXT'],
  ['ROOMD_max_text', 'ROOMD_MAX_TEXT'],
  ['ROOMD_LOGLEVEL', 'ROOMD_LOG_LEVEL'],
  ['ROOMD_DATE', 'ROOMD_DATA'],
  ['ROOMD_REDIS_PREFFIX', 'ROOMD_REDIS_PREFIX'],
  ['ROOMD_CHATERBOX', 'ROOMD_CHATTERBOX'],
])('%s is taken for a mistyped %s', (name, meant) => {
  expect(shown({ [name]: 'secret' })).toEqual([`${name} (did you mean ${meant}?)`])
})

test.each(['ROOMD_', 'ROOMD_X', 'ROOMD_PASSWORD', 'ROOMD_VERSION', 'ROOMD_NAMESPACE'])(
  '%s resembles no option',
  (name) => {
    expect(shown({ [name]: 'secret' })).toEqual([name])
  },
)

test('the variable that has set an invalid option is named', () => {
  const env = { ROOMD_HTTP: 'x', ROOMD_LOG_LEVEL: 'loud' }
  const message = '--http is a number'
  expect(withVariable(message, ['serve'], env)).toBe(`${message} (ROOMD_HTTP)`)
  for (const args of [['--http', 'x'], ['--http=x'], ['--no-http']])
    expect(withVariable(message, args, env)).toBe(message)
  expect(withVariable('--line is a number', [], env)).toBe('--line is a number')
  expect(withVariable('no listener', [], env)).toBe('no listener')
})
