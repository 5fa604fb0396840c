/** Every example of the documentation runs as it stands there, and prints what it is said to. */
import { expect, test } from 'vitest'
import { documents, type Example, examplesIn, examplesOf, masked } from './examples.ts'
import { Runner } from './runner.ts'
import { commandsOf, entrantsOf } from './shell.ts'
import { lacking, World } from './world.ts'

/** Documents, commands and blocks that do not run here, each with the reason. */
const NO_EXAMPLES: readonly (readonly [folder: string, reason: string])[] = [
  ['docs/protocols/', 'specifications: the blocks are messages, which the tests of each protocol check'],
]
const NOT_RUNNABLE: readonly (readonly [begins: string, reason: string])[] = [
  ['npm test', 'this test is part of it'],
  ['npm ci && npm pack', 'test/daemon/pack.test.ts installs the package'],
  ['sudo ', 'it changes the machine; test/deploy/systemd.test.ts checks the unit'],
  ['docker ', 'test/deploy/container.test.ts builds the image and runs it'],
  ['curl 127.0.0.1:8080/', 'a server of others listens there'],
  ['while read -r old new ref', 'test/docs/pieces.test.ts pushes to a repository with it'],
  ['curl -X DELETE -u ann:PASSWORD', 'it takes a password that the reader has chosen'],
]

/** What stands before a program that uses what the reader has got from the example before it. */
const GIVEN: readonly (readonly [part: string, given: string])[] = [
  ["/chats/den/ws', token)", "const token = '$token'\n"],
]

const notRunnable = (code: string) => NOT_RUNNABLE.find(([begins]) => code.startsWith(begins))?.[1]
const givenFor = ({ code }: Example) => GIVEN.find(([part]) => code.includes(part))?.[1]
const why = lacking()

for (const file of documents()) {
  if (NO_EXAMPLES.some(([folder]) => file.startsWith(folder))) continue
  const examples = examplesOf(file)
  if (examples.length === 0) continue
  test.concurrent(`the examples of ${file}`, async ({ skip }) => {
    if (why !== undefined && process.env.CI === 'true') throw new Error(why)
    if (why !== undefined) return skip(why)
    const world = await World.make()
    try {
      const runner = new Runner(world, notRunnable)
      for (const example of examples) {
        await runner.run(example, givenFor(example)).catch((error: Error) => {
          error.message = `${file}:${example.line}: ${error.message}`
          throw error
        })
      }
    } finally {
      await world.end()
    }
  })
}

test('what does not run stands in some document', () => {
  for (const [folder] of NO_EXAMPLES) expect(documents().some((file) => file.startsWith(folder))).toBe(true)
  const all = documents().flatMap(examplesOf)
  for (const [begins] of NOT_RUNNABLE) {
    expect(
      all.some(({ code }) => code.split('\n').some((line) => line.startsWith(begins))),
      begins,
    ).toBe(true)
  }
  for (const [part] of GIVEN)
    expect(
      all.some(({ code }) => code.includes(part)),
      part,
    ).toBe(true)
})

test('blocks are found with their languages, and the output behind them', () => {
  const text = [
    '# A',
    '```sh',
    'a',
    '```',
    '',
    '```text',
    'b',
    '```',
    '',
    '~~~json',
    '{}',
    '~~~',
    'c',
    '```json',
    '1',
    '```',
  ]
  expect(examplesIn(text.join('\n'), 'x.md')).toEqual([
    { file: 'x.md', line: 2, language: 'sh', code: 'a', output: 'b' },
    { file: 'x.md', line: 10, language: 'json', code: '{}', output: undefined },
    { file: 'x.md', line: 14, language: 'json', code: '1', output: undefined },
  ])
  expect(() => examplesIn('```sh\na', 'x.md')).toThrow('x.md:1')
})

test('a shell block is taken apart into commands', () => {
  const code = '# why\na 1   # and\nb |\n  c\nd \\\n  e\ncat <<X\nf\nX\n(g\nh) &'
  expect(commandsOf(code)).toEqual(['a 1   # and', 'b |\n  c', 'd \\\n  e', 'cat <<X\nf\nX', '(g\nh) &'])
  expect(() => commandsOf('a |')).toThrow('without an end')
})

test('who enters a room by a command is found in it', () => {
  const command = "(printf 'LOGIN ci\\nJOIN ops\\n'; printf 'LOGIN bob secret\\nJOIN lobby\\nhello\\n') | nc"
  expect(entrantsOf(command)).toEqual([
    { name: 'ci', room: 'ops' },
    { name: 'bob', room: 'lobby' },
  ])
})

test('times, ids, tokens and keys are masked', () => {
  const line = '{"at":"2026-11-21 13:28:56.972000","id":"1838354162659328","body":"2 ids"}\n'
  expect(masked(line)).toBe('{"at":"<time>","id":"<id>","body":"2 ids"}')
  expect(masked('eyJhbGciOiJIUzI1NiJ9.eyJ1c2Vy.c2lnbmF0dXJl')).toBe('<token>')
})
