/** Bytes as real terminals, shells and editors send them (docs/protocols/line-bytes.md), cut up in every way. */
import { describe, expect, test } from 'vitest'
import { isWebSocket, type LineClient, type Mode, type Transport } from '../../support/client.ts'
import { isReply, stage } from '../../support/stage.ts'

/** The bodies of the messages that this one has heard since, up to `end`. */
async function bodies(client: LineClient, end: string): Promise<string[]> {
  const lines = await client.until((line) => line.type === 'message' && line.body === end)
  return lines.flatMap((line) => (line.type === 'message' ? [line.body] : [])).slice(0, -1)
}

const INPUTS: Record<string, [input: string, said: string[]]> = {
  'a byte order mark': ['\ufeffLOGIN win\r\nJOIN ops\r\nhello\r\n', ['hello']],
  'a byte order mark later, which is text': ['LOGIN win\nJOIN ops\n\ufeffhello\n', ['\ufeffhello']],
  'colours, a title and a charset': [
    'LOGIN ansi\nJOIN ops\n\x1b[31mError:\x1b[0m build failed \x1b[1;32mok\x1b[m \x1b]0;title\x07end \x1b(B\n',
    ['Error: build failed ok end '],
  ],
  'a progress bar': ['LOGIN bar\nJOIN ops\n 10%\r 50%\r100%\n', ['100%']],
  'a progress bar that ends shorter': ['LOGIN bar\nJOIN ops\ndownloading\rdone\n', ['doneloading']],
  'a progress bar that erases': ['LOGIN bar\nJOIN ops\ndownloading\r\x1b[Kdone\n', ['done']],
  'a progress bar of many lines’ length': [
    `LOGIN bar\nJOIN ops\n${Array.from({ length: 1_000 }, (_, n) => `\rfile 1: ${n} of 999 MB`).join('')}\n`,
    ['file 1: 999 of 999 MB'],
  ],
  backspaces: ['LOGIN bom\bb\nJOIN oops\x7f\x7f\x7fps\nhelo\b\bllo é\bé😀\x7f!\n', ['hello é!']],
  'CR NUL': ['LOGIN pty\r\0JOIN ops\r\0hello\r\0', ['hello']],
  'CR alone': ['LOGIN pty\rJOIN ops\rhello\r', ['hello']],
  'CR CR LF': ['LOGIN win\r\r\nJOIN ops\r\r\nhello\r\r\n', ['hello']],
}

const BYTES: Record<string, [input: string, said: string[]]> = {
  'CR alone, after telnet has spoken': ['LOGIN pty\r\n\xff\xf1JOIN ops\rhello\rthere\r', ['hello', 'there']],
  'telnet’s own keys': ['LOGIN pty\r\nJOIN ops\r\noops\xff\xf8helo\xff\xf7\xff\xf7llo\r\n', ['hello']],
}

const TERMINATORS = ['\r\0', '\r\n', '\n', '\r']
const ways: { transport: Transport; mode: Mode }[] = [
  { transport: 'TCP', mode: 'whole' },
  { transport: 'TCP', mode: 'split' },
  { transport: 'TCP', mode: 'bytes' },
  { transport: 'WS', mode: 'whole' },
]

describe.each(ways)('over $transport, sent $mode', (way) => {
  const inMessages = isWebSocket(way.transport)
  const latin1 = (text: string) => Buffer.from(text, 'latin1')
  const inputs = Object.entries(INPUTS).map(([name, [input, said]]) => [name, Buffer.from(input), said] as const)
  const bytes = Object.entries(BYTES).map(([name, [input, said]]) => [name, latin1(input), said] as const)
  const ended = (input: Buffer) => input.includes('\r\0') || (!input.includes('\n') && input.includes('\r'))
  // In a WebSocket's messages only LF ends a line, and there is no telnet.
  const all = inMessages ? inputs.filter(([, input]) => !ended(input)) : [...inputs, ...bytes]

  test.for(all)('%s', async ([, input, said]) => {
    const { together, connect } = await stage(way)
    const [ann] = await together('ops', 'ann')
    const client = await connect()
    client.write(input)
    await ann.until((line) => line.type === 'userJoined')
    const end = inMessages ? '' : TERMINATORS.find((end) => input.toString('latin1').endsWith(end))
    client.write(`MESSAGE that was all${end}`)
    client.write(`/ping behind${end}`)
    expect(await bodies(ann, 'that was all')).toEqual(said)
    const heard = await client.until((line) => line.type === 'commandResult' && line.result === 'PONG behind')
    const replies = heard.filter(isReply)
    // Not one more than lines.
    expect(replies).toHaveLength(2 + said.length + 2)
    expect(replies.filter(({ type }) => type === 'error')).toEqual([])
  })

  test('what was typed wrong is not part of a password', async () => {
    const { connect } = await stage(way)
    const [ann, again] = [await connect(), await connect()]
    ann.send('LOGIN ann')
    await ann.next()
    expect(await ann.ask('/register a secx\bret\x1b[A')).toMatchObject({ type: 'commandResult' })
    again.send('/ping')
    await again.next()
    expect(await again.ask('LOGIN ann wrong\rLOGIN ann a secret')).toMatchObject({ result: 'Username set to ann' })
  })
})
