/** docs/protocols/line.md, section 8.1: PIPE says every further line as it is. */
import { expect, test } from 'vitest'
import { commands } from '../../../commands/index.ts'
import type { LineClient } from '../../support/client.ts'
import { error, isReply, ok, result, stage, type Way } from '../../support/stage.ts'

const WAYS: Way[] = [
  { transport: 'TCP', mode: 'whole' },
  { transport: 'TLS', mode: 'split' },
  { transport: 'WS', mode: 'whole' },
]

const PIPING = result('Everything that follows is said as it is')

const WORDS = commands.flatMap(({ name, aliases = [], usage }) => [name, ...aliases, usage, name.toLowerCase()])
const LETTERS = [
  ...WORDS,
  ...WORDS.map((word) => (word.startsWith('/') ? word.slice(1) : `/${word}`)),
  ' two blanks behind  ',
  '\ttab',
  '/nothing',
  '//',
  '   ',
  'MESSAGE "a\\nb"',
  '{"type":"error"}',
  'é😀',
]

/** What a client hears up to the end of its stream. */
async function heard(client: LineClient, from: string): Promise<string[]> {
  const lines = await client.until((line) => line.type === 'userLeft' && line.from === from)
  return lines.flatMap((line) => (line.type === 'message' ? [line.body] : []))
}

test.each(WAYS)('every line is said to the letter, over $transport', async (way) => {
  const [ann, eyes] = await (await stage(way)).together('ops', 'ann', 'eyes')
  expect(await ann.ask('PIPE')).toEqual(PIPING)
  ann.send(...LETTERS.flatMap((line) => [line, '']))
  // All that comes is read before the end: a TLS client that ends its side may miss the rest.
  const lines = await ann.take(3 * LETTERS.length)
  expect(lines.filter(isReply)).toEqual(Array(2 * LETTERS.length).fill(ok))
  ann.end()
  expect(await heard(eyes, 'ann')).toEqual(LETTERS)
})

test('carriage returns, an unfinished line, and lines that cannot be said', async () => {
  const [ann, eyes] = await (await stage({ transport: 'TCP', mode: 'bytes' })).together('ops', 'ann', 'eyes')
  ann.write('/pipe\r\nLEAVE\r\n\r\n10%\r20%\r\n\xff\n')
  ann.write(Buffer.from([0xc3, 0x0a]))
  ann.write(`${'x'.repeat(4_001)}\n/quit`)
  ann.end()
  expect(await heard(eyes, 'ann')).toEqual(['LEAVE', '20%', '\xff', '/quit'])
  const replies = (await ann.until((line) => line.type === 'error' && line.code === 'text-too-long')).filter(isReply)
  expect(replies).toEqual([
    PIPING,
    ok,
    ok,
    ok,
    ok,
    error('Invalid UTF-8'),
    error('Message too long, at most 4000 characters'),
  ])
})

test('PIPE needs a room, and with more on its line it is a message', async () => {
  const { login, together } = await stage({ transport: 'TCP', mode: 'whole' })
  const client = await login('bob')
  expect(await client.ask('PIPE')).toEqual(error('Join a room first'))
  const [ann] = await together('ops', 'ann')
  ann.send('PIPE this')
  expect(await ann.take(2)).toMatchObject([ok, { type: 'message', body: 'PIPE this' }])
  expect(await ann.ask('/pipe this')).toEqual(error('Unknown command: /pipe'))
})

test('many lines are said as fast as they come, and answered', async () => {
  const [ann, eyes] = await (await stage({ transport: 'TCP', mode: 'whole' }, { 'max-rate': 0 })).together(
    'ops',
    'ann',
    'eyes',
  )
  const lines = Array.from({ length: 5_000 }, (_, n) => `/line ${n}`)
  ann.write(`PIPE\n${lines.join('\n')}\n`)
  let replies = 0
  while (replies < lines.length + 1) replies += (await ann.until(isReply)).filter(isReply).length
  ann.end()
  expect(await heard(eyes, 'ann')).toEqual(lines)
})
