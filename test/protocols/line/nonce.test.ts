/** docs/protocols/line.md, section 2.6: a message that is sent again. */
import { expect, test } from 'vitest'
import type { LineClient } from '../../support/client.ts'
import { history, isReply, ok, stage } from '../../support/stage.ts'

async function messages(client: LineClient): Promise<string[]> {
  const records = await history(client)
  return records.flatMap(({ type, from, body }) => (type === 'message' ? [`${from} ${body}`] : []))
}

const WAY = { transport: 'TCP', mode: 'whole' } as const

test('a message with a nonce is said once, and answered each time', async () => {
  const { together } = await stage(WAY)
  const [ann, bob] = await together('ops', 'ann', 'bob')
  ann.send(...Array(3).fill('MESSAGE nonce=a:1 hello'))
  const ids = new Set<unknown>()
  for (let n = 0; n < 3; n++) {
    const reply = (await ann.until(isReply)).at(-1)
    expect(reply).toEqual({ ...ok, id: expect.stringMatching(/^\d+$/) })
    if (reply?.type === 'commandResult') ids.add(reply.id)
  }
  expect(ids.size).toBe(1)
  bob.send('MESSAGE nonce=a:1 hello of my own')
  expect((await bob.until(isReply)).at(-1)).toMatchObject(ok)
  ann.end()
  await ann.closed
  const [again] = await together('ops', 'ann')
  expect(await again.ask('MESSAGE nonce=a:1 hello')).toEqual({ ...ok, id: [...ids][0] })
  expect(await again.ask('/message nonce=a:2 hello')).toMatchObject(ok)
  expect(await messages(bob)).toEqual(['ann hello', 'bob hello of my own', 'ann hello'])
})

test.each([
  ['nonce=a:1 hello', 'nonce=a:1 hello'],
  ['MESSAGE nonce=a:1', 'nonce=a:1'],
  ['MESSAGE nonce= hello', 'nonce= hello'],
  ['MESSAGE nonce=ä hello', 'nonce=ä hello'],
  [`MESSAGE nonce=${'x'.repeat(65)} hello`, `nonce=${'x'.repeat(65)} hello`],
  ['MESSAGE NONCE=a:1 hello', 'NONCE=a:1 hello'],
  ['MESSAGE nonce=a:1 nonce=b  two words ', 'nonce=b  two words'],
])('%j says %j', async (line, text) => {
  const { together } = await stage(WAY)
  const [ann] = await together('ops', 'ann')
  expect(await ann.ask(line)).toMatchObject(ok)
  expect(await messages(ann)).toEqual([`ann ${text}`])
})

test('a message that was said before a mute is answered as then', async () => {
  const { together } = await stage(WAY)
  const [op, bob] = await together('ops', 'op', 'bob')
  bob.send('MESSAGE nonce=a:1 hello')
  const first = (await bob.until(isReply)).at(-1)
  expect(first).toMatchObject({ ...ok, id: expect.stringMatching(/^\d+$/) })
  op.send('/mute bob')
  await bob.until(({ type }) => type === 'role')
  bob.send('MESSAGE nonce=a:1 hello', 'MESSAGE nonce=a:2 hello', 'hello')
  expect((await bob.rest()).filter(isReply)).toEqual([
    first,
    ...Array(2).fill(expect.objectContaining({ type: 'error', code: 'muted' })),
  ])
})

test('clients of one address that all send their lines again are all answered', async () => {
  const { together } = await stage(WAY)
  const clients = await together('ops', 'ann', 'bob', 'cid')
  const lines = Array.from({ length: 1_200 }, (_, n) => `MESSAGE nonce=n:${n} line ${n}`)
  const sayAll = () =>
    Promise.all(
      clients.map(async (client) => {
        client.send(...lines)
        return (await client.rest()).filter(isReply)
      }),
    )
  const first = await sayAll()
  expect(first.flat()).toHaveLength(3 * lines.length)
  expect(await sayAll()).toEqual(first)
})
