/** /search over real connections (docs/protocols/line.md, section 8). */
import { describe, expect, test } from 'vitest'
import type { ServerLine } from '../../../commands/replies.ts'
import { parseSearch } from '../../../commands/search.ts'
import { SCANNED_EVENTS } from '../../../src/engine/searching.ts'
import type { LineClient } from '../../support/client.ts'
import type { Overrides } from '../../support/daemon.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { RedisServer, withRedis } from '../../support/redis.ts'
import { error, ok, result, said, stage } from '../../support/stage.ts'

const WAY = { transport: 'TCP', mode: 'whole' } as const

async function search(client: LineClient, request: string) {
  client.send(request)
  const lines = await client.until(({ type }) => type === 'commandResult' || type === 'error')
  return { found: lines.slice(0, -1).map(bodyOf), last: lines.at(-1) }
}

function bodyOf(line: ServerLine): string {
  if (line.type !== 'history' || line.body.type !== 'message') return expect.fail(JSON.stringify(line))
  return line.body.body
}

async function say(client: LineClient, texts: readonly string[]): Promise<void> {
  client.send(...texts)
  await client.rest()
}

function searches(overrides: () => Overrides): void {
  test('finds messages of the room: records, oldest first, and one reply behind them', async () => {
    const { together, login } = await stage(WAY, overrides())
    const [ann, bob] = await together('tech', 'ann', 'bob')
    await say(ann, ['deploy at noon', 'lunch at noon', 'Deployed: the Crème page'])
    ann.send('/search noon')
    expect(await ann.take(3)).toMatchObject([
      {
        type: 'history',
        from: 'ann',
        body: { type: 'message', from: 'ann', to: 'ann', room: 'tech', body: 'deploy at noon' },
      },
      { type: 'history', body: { body: 'lunch at noon', id: expect.any(String) } },
      { type: 'commandResult', result: '2 found', found: 2 },
    ])
    await bob.rest()
    expect(await search(bob, '/SEARCH deploy* creme')).toEqual({
      found: ['Deployed: the Crème page'],
      last: { ...result('1 found'), found: 1 },
    })
    expect((await search(bob, '/search "at noon" lunch')).found).toEqual(['lunch at noon'])
    expect(await search(bob, '/search nothing')).toEqual({ found: [], last: { ...result('0 found'), found: 0 } })
    const { found, last } = await search(bob, '/search noon limit=1')
    expect([found, last]).toEqual([
      ['lunch at noon'],
      { ...result(expect.any(String)), found: 1, before: expect.any(String) },
    ])
    const before = last?.type === 'commandResult' ? last.before : undefined
    expect(last).toMatchObject({ result: `1 found; older ones: before=${before}` })
    expect((await search(bob, `/search before=${before} noon`)).found).toEqual(['deploy at noon'])

    // A public room, without being in one.
    const eve = await login('eve')
    expect((await search(eve, '/search lunch in=TECH')).found).toEqual(['lunch at noon'])
    expect(await search(eve, '/search lunch')).toEqual({ found: [], last: error('Join a room first') })
  })

  test('answers in the order of lines, with what was said before, and keeps nobody waiting', async () => {
    const { together } = await stage(WAY, overrides())
    const [ann] = await together('tech', 'ann')
    ann.send('one needle', '/search needle', 'two needles', '/search needle*', '/ping end')
    const lines = await ann.until((line) => line.type === 'commandResult' && line.result === 'PONG end')
    const replies = lines.filter(({ type }) => type === 'commandResult')
    expect(replies).toMatchObject([ok, { found: 1 }, ok, { found: 2 }, result('PONG end')])
    expect(lines.filter(({ type }) => type === 'history').map(bodyOf)).toEqual([
      'one needle',
      'one needle',
      'two needles',
    ])
    expect(lines.filter(({ type }) => type === 'message')).toMatchObject([
      said('ann', 'one needle'),
      said('ann', 'two needles'),
    ])
  })

  test('leaves out what a block keeps from the asker', async () => {
    const { together } = await stage(WAY, overrides())
    const [ann, bob] = await together('tech', 'ann', 'bob')
    await say(ann, ['word of ann'])
    await say(
      bob,
      Array.from({ length: 50 }, (_, n) => `word ${n} of bob`),
    )
    await ann.rest()
    await ann.ask('/block bob')
    expect((await search(ann, '/search word limit=3')).found).toEqual(['word of ann'])
    await bob.rest()
    expect((await search(bob, '/search word limit=3')).found).toEqual([47, 48, 49].map((n) => `word ${n} of bob`))
  })

  test('refuses with a code', async () => {
    const { connect, login, together } = await stage(WAY, overrides())
    const stranger = await connect()
    expect(await stranger.ask('/search word')).toEqual(error('Login required', { code: 'login-required' }))
    const [ann] = await together('tech', 'ann')
    const refusals = {
      '/search': ['missing-parameter', 'Missing required parameter'],
      '/search limit=3 in=tech': ['missing-parameter', 'Missing required parameter'],
      '/search word limit=0': ['invalid-limit', 'Invalid limit: 0'],
      '/search word before=x': ['invalid-id', 'Invalid id: x'],
      '/search word in=nowhere': ['room-unknown', 'No such room: nowhere'],
    } as const
    for (const [line, [code, text]] of Object.entries(refusals))
      expect(await ann.ask(line)).toEqual(error(text, { code }))
    const eve = await login('eve')
    await ann.ask('/ban eve')
    expect(await eve.ask('/search word in=tech')).toMatchObject({ type: 'error', code: 'banned' })
    await ann.rest()
    for (const line of [
      '/search "',
      '/search * ) (',
      '/search NEAR(a b, 3) OR body:x',
      `/search ${'a '.repeat(4_000)}`,
    ]) {
      expect(await ann.ask(line)).toMatchObject({ type: 'commandResult', found: 0 })
    }
  })
}

describe('on SQLite', () => searches(() => ({ data: temporaryFolder() })))

withRedis('/search on Redis', () => {
  const server = RedisServer.forAll()
  let prefixes = 0
  const overrides = () => ({ redis: server.url, 'redis-prefix': `search${prefixes++}` })
  describe('on Redis', () => {
    searches(overrides)

    test(`says that it has looked at ${SCANNED_EVENTS} events only`, async () => {
      const { together } = await stage(WAY, { ...overrides(), 'max-burst': 100_000 })
      const [ann] = await together('tech', 'ann')
      await say(ann, [
        'the first needle',
        ...Array.from({ length: SCANNED_EVENTS - 1 }, (_, n) => `hay ${n}`),
        'last needle',
      ])
      const { found, last } = await search(ann, '/search needle')
      expect(found).toEqual(['last needle'])
      const text = `1 found, looked at ${SCANNED_EVENTS} events only; older ones: before=`
      expect(last).toMatchObject({ result: expect.stringContaining(text), found: 1 })
      const before = last?.type === 'commandResult' ? last.before : undefined
      expect((await search(ann, `/search needle before=${before}`)).found).toEqual(['the first needle'])
    })
  })
})

test('options stand anywhere outside quotes', () => {
  expect(parseSearch('a limit=5 "in=b c" IN=tech before=17 d*')).toEqual({
    words: 'a "in=b c" d*',
    limit: 5,
    room: 'tech',
    before: 17,
  })
})
