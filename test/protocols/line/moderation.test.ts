/** docs/protocols/moderation.md, section 5, on one daemon with a store. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../../support/daemon.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { moderationCommands } from './moderation-commands.ts'
import { moderationPoints } from './moderation-points.ts'
import { anotherAddress, enter, guest, OK, owner, roomOf } from './moderation-stage.ts'

const options = { http: 0, 'max-registrations': 0, 'max-rate': 0, 'guest-rate': 0 }
const data = temporaryFolder()
let daemon: TestDaemon
beforeAll(async () => {
  daemon = await startTestDaemon({ ...options, data })
})
afterAll(() => daemon.stop())

const sites = () => ({ actor: daemon, target: daemon })
moderationCommands(sites, '')
moderationPoints(sites, '')

test('1, 3. topic, roles, bans and modes are kept over a restart, until they end', async () => {
  const room = 'kept'
  const { ann, bob } = await roomOf(sites(), room)
  const fay = await owner(daemon, 'fay', room)
  const address = anotherAddress()
  await guest(daemon, 'raider', room, address)
  const commands = ['/topic kept', '/op fay', '/op bob', '/mute cat 2h', '/ban raider 2h', '/limit 4', '/slow 60']
  for (const command of commands) expect(await ann.ask(command)).toEqual(OK)
  expect(await ann.outcome('/ban troll* forever raid')).toBe('troll* is banned; nobody here matches it')
  await fay.hears('mode ann slow 60')
  expect(await bob.outcome('/topic kept')).toBe('OK')
  await daemon.stop()
  daemon = await startTestDaemon({ ...options, data })

  const again = await owner(daemon, 'ann', room)
  expect(await again.outcome('/topic')).toBe('kept (bob)')
  expect(await again.ask('/bans')).toMatchObject({ bans: [{ to: 'raider' }, { to: 'troll*' }] })
  const cat = await guest(daemon, 'cat', room)
  const evader = await guest(daemon, 'evader', undefined, address)
  await guest(daemon, 'dog', room)
  await guest(daemon, 'eel', room)
  expect(await (await guest(daemon, 'fox')).outcome(`JOIN ${room}`)).toBe('room-full')
  expect(await again.ask('/limit off')).toEqual(OK)
  const until = expect.stringMatching(/^20\d\d-/)
  expect(await cat.ask('hm')).toEqual({ type: 'error', error: 'You are muted in this room', code: 'muted', until })
  expect(await evader.outcome(`JOIN ${room}`)).toBe('banned')
  const raid = { type: 'error', error: 'You are banned from this room', code: 'banned', reason: 'raid' }
  expect(await (await guest(daemon, 'troll1')).ask(`JOIN ${room}`)).toEqual(raid)
  // The operator role of a guest has ended with its presence; an account's has not.
  expect(await (await guest(daemon, 'bob', room)).outcome('/topic no')).toBe('not-permitted')
  expect(await (await owner(daemon, 'fay', room)).outcome('/topic yes')).toBe('OK')
  const now = Date.now
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 2 * 3_600_000)
  try {
    expect(await cat.outcome('ah')).toBe('OK')
    await enter(evader, 'evader', room)
    expect(await (await guest(daemon, 'troll2')).outcome(`JOIN ${room}`)).toBe('banned')
  } finally {
    clock.mockRestore()
  }
})
