/** Lists of bans that are too long for one reply. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { Moderated, PASSWORD } from './moderation-stage.ts'

/** More than a reply tells. */
const MUTES = 501
const LONG_BANS = 100
/** As long as a reason may be, in the most bytes. */
const LONG = '🦊'.repeat(300)
/** Maximum bytes of the lines for people. */
const MAX_BYTES = 65_536

let daemon: TestDaemon
let ann: Moderated

const times = (count: number, line: (n: number) => string) => Array.from({ length: count }, (_, n) => line(n))

async function ask(line: string) {
  const reply = await ann.ask(line)
  return reply.type === 'commandResult' ? reply : expect.fail(JSON.stringify(reply))
}

beforeAll(async () => {
  daemon = await startTestDaemon({ 'max-registrations': 0, 'max-rate': 0, 'guest-rate': 0 })
  ann = new Moderated(await LineClient.connect(daemon))
  for (const line of ['LOGIN ann', `/register ${PASSWORD}`, 'JOIN raided']) await ask(line)
  for (const line of times(MUTES, (n) => `/mute Raider${n}x`)) await ask(line)
  for (const line of times(LONG_BANS, (n) => `/ban Raider${n}x ${LONG}`)) await ask(line)
})
afterAll(async () => {
  ann.line.socket.destroy()
  await daemon.stop()
})

test('the newest 500, behind a line about the older ones', async () => {
  const { result, mutes, more } = await ask('/mutes')
  expect([mutes?.length, mutes?.[0]?.to, more]).toEqual([500, 'Raider1x', 1])
  const lines = result?.split('\n')
  expect(lines?.slice(0, 2)).toEqual(['1 older, see /mutes TEXT', 'Raider1x, by ann'])
  expect([lines?.length, lines?.at(-1)]).toEqual([501, 'Raider500x, by ann'])
})

test('older ones are found by a text in their nickname or mask', async () => {
  expect(await ask('/mutes raider0')).toEqual({
    type: 'commandResult',
    result: 'Raider0x, by ann',
    mutes: [{ to: 'Raider0x', by: 'ann', utctimestamp: expect.any(String) }],
  })
  expect(await ask('/bans "5X"')).toMatchObject({ bans: times(10, (n) => `Raider${n || ''}5x`).map((to) => ({ to })) })
  for (const text of ['nobody', 'x'.repeat(1_000)]) {
    expect(await ask(`/bans ${text}`)).toEqual({ type: 'commandResult', result: 'No such bans', bans: [] })
  }
})

test('of bans with long reasons as many as fit in the output queue', async () => {
  const { result, bans = [], more = 0 } = await ask('/bans')
  expect([bans.length + more, bans.at(-1)?.to]).toEqual([LONG_BANS, `Raider${LONG_BANS - 1}x`])
  const bytes = Buffer.byteLength(result ?? '')
  expect(bytes).toBeLessThan(MAX_BYTES + 1_000)
  expect(bytes).toBeGreaterThan(MAX_BYTES - 2_000)
})
