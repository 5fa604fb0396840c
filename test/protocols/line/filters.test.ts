/** docs/protocols/line.md, section 2.7: the options of HISTORY, and texts of several lines (section 2.6). */
import { expect, test } from 'vitest'
import { type Found, readAll } from '../../chat/search.ts'
import { stage as coreStage, enter, say } from '../../chat/stage.ts'
import { error, history, ok, result, said, stage } from '../../support/stage.ts'

const WAY = { transport: 'TCP', mode: 'whole' } as const

test('before=, kinds=, grep= and end=yes', async () => {
  const [ann, bob] = await (await stage(WAY)).together('ops', 'ann', 'bob')
  ann.send('deploy One', 'two words', 'MESSAGE deploy three')
  bob.send('/leave')
  await ann.until(({ type }) => type === 'userLeft')
  const bodies = async (request: string) => (await history(ann, request)).map(({ body }) => body)
  const all = await history(ann)
  expect(await bodies('HISTORY kinds=message')).toEqual(['deploy One', 'two words', 'deploy three'])
  expect(await bodies('HISTORY kinds=joined,left')).toEqual([
    'User ann has joined the room',
    'User bob has joined the room',
    'User bob has left the room',
  ])
  expect(await bodies('HISTORY grep=DEPLOY')).toEqual(['deploy One', 'deploy three'])
  expect(await bodies('HISTORY grep=deploy limit=1')).toEqual(['deploy three'])
  expect(await bodies('HISTORY grep="two words" kinds=message,left')).toEqual(['two words'])
  expect(await bodies('HISTORY grep=user')).toEqual([])
  const [, , one, two] = all
  expect(await bodies(`HISTORY before=${two?.id} kinds=message`)).toEqual(['deploy One'])
  expect(await bodies(`HISTORY after=${one?.id} before=${all.at(-1)?.id}`)).toEqual(['two words', 'deploy three'])
  expect(await bodies(`HISTORY before=${two?.id} limit=1`)).toEqual(['deploy One'])

  ann.send('HISTORY limit=1 end=yes')
  expect(await ann.take(3)).toMatchObject([result(null), { type: 'history' }, result('end of history')])
  ann.send('HISTORY 2999-01-01 end=yes')
  expect(await ann.take(2)).toEqual([result(null), result('end of history')])
  expect(await ann.ask('HISTORY kinds=message,topics')).toEqual(error('Unknown kind: topics', { code: 'unknown-kind' }))
  expect(await ann.ask('HISTORY kinds=private')).toEqual(error('Unknown kind: private'))
  expect(await ann.ask('HISTORY before=1.5')).toEqual(error('Invalid id: 1.5', { code: 'invalid-id' }))
})

test('a search looks at the newest 10,000 events of a range, and says where it ended', async () => {
  const { chat, guest } = await coreStage()
  const ann = await guest('ann')
  await enter(chat, ann, 'ops')
  const events = await Promise.all(
    Array.from({ length: 10_100 }, (_, n) => say(chat, ann, n % 5_000 ? 'hay' : 'needle')),
  )
  const search = (range: object): Promise<Found> =>
    chat.messages.search(ann.inRoom(), range, ({ body }) => body === 'needle').then(readAll)
  const needles = [0, 5_000, 10_000].map((n) => events[n]?.id)
  // The oldest one is too far away, and the search for all of them says so.
  expect(await search({})).toEqual({ ids: needles.slice(1), before: events[100]?.id })
  expect(await search({ limit: 1 })).toEqual({ ids: needles.slice(2), before: undefined })
  expect(await search({ limit: 2 })).toEqual({ ids: needles.slice(1), before: undefined })
  expect(await search({ limit: 3 })).toEqual({ ids: needles.slice(1), before: events[100]?.id })
  expect(await search({ before: events[100]?.id })).toEqual({ ids: needles.slice(0, 1), before: undefined })
  expect(await search({ after: events[10_000]?.id })).toEqual({ ids: [], before: undefined })
})

test.each([
  ['MESSAGE "a\\nb"', 'a\nb'],
  ['MESSAGE "a\\r\\nb\\u001b[2J\\tc"', 'a\nb\tc'],
  ['MESSAGE nonce=x "say \\"hi\\""', 'say "hi"'],
  ['/message "\\u00e9"', 'é'],
  ['MESSAGE "\\ud800"', '\ufffd'],
  ['MESSAGE "a" and "b"', '"a" and "b"'],
  ['MESSAGE "a', '"a'],
  ['MESSAGE "a\\x"', '"a\\x"'],
  ['MESSAGE 5', '5'],
  ['"a\\nb"', '"a\\nb"'],
])('%s says %j', async (line, text) => {
  const [ann] = await (await stage(WAY)).together('ops', 'ann')
  ann.send(line)
  expect(await ann.take(2)).toMatchObject([ok, said('ann', text)])
  expect(ann.received.toString().trimEnd().split('\n')).toHaveLength(5)
})

test('a JSON string without a text', async () => {
  const [ann] = await (await stage(WAY)).together('ops', 'ann')
  expect(await ann.ask('MESSAGE ""')).toEqual(error('Missing required parameter'))
})
