/** Many clients in many channels that are cut off at once come back under their nicknames, also while the store is slow. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { StoreThread } from '../../../src/engine/local/thread.ts'
import { IrcClient } from '../../clients/irc.ts'
import { startTestDaemon } from '../../support/daemon.ts'

const COMMIT_MS = 100
const CLIENTS = 60
/** Each in a turn of its own of 50 ms they would end in 30 commits; of hundreds the last ones too late for those that come back, who wait for 5 s. */
const MAX_COMMITS = 15
/** Clients that share their channels. */
const GROUP = 6
const CHANNELS = 64

/** Lets each commit take longer from now on. Returns a function that counts them. */
function slowStore(): () => number {
  const call = StoreThread.prototype.call
  const slowed = vi.spyOn(StoreThread.prototype, 'call').mockImplementation(async function (
    this: StoreThread,
    ...args: Parameters<typeof call>
  ) {
    if (args[0] === 'appender.append') await delay(COMMIT_MS)
    return call.apply(this, args)
  } as typeof call)
  onTestFinished(() => slowed.mockRestore())
  return () => slowed.mock.calls.filter(([method]) => method === 'appender.append').length
}

test('clients that are cut off together come back under their nicknames', async () => {
  const limits = { 'guest-rate': 0, 'max-per-address': 0, 'max-rooms': 0, 'max-rooms-per-address': 0 }
  const daemon = await startTestDaemon({ irc: 0, ...limits })
  onTestFinished(() => daemon.stop())
  const port = daemon.port('irc')
  const nicks = Array.from({ length: CLIENTS }, (_, n) => `goes${n}`)
  const channelsOf = (index: number) => {
    const group = Math.floor(index / GROUP)
    return ['#all', ...Array.from({ length: CHANNELS - 1 }, (_, n) => `#c${group}-${n}`)].join(',')
  }
  const stays = await IrcClient.register(port, 'stays', 'no-implicit-names')
  await stays.ask('JOIN #all')
  const leaving = await Promise.all(nicks.map((nick) => IrcClient.register(port, nick, 'no-implicit-names')))
  await Promise.all(leaving.map((client, index) => client.ask(`JOIN ${channelsOf(index)}`)))
  await stays.rest()
  const commits = slowStore()
  for (const { socket } of leaving) socket.resetAndDestroy()
  const comeBack = async (nick: string) => {
    const client = await IrcClient.connect(port)
    client.send(`NICK ${nick}`, 'USER a 0 * :a')
    expect((await client.until(/ (001|433) /)).at(-1)).toContain(` 001 ${nick} `)
    return client
  }
  const back = await Promise.all(nicks.map(comeBack))
  expect((await stays.quits(CLIENTS)).sort()).toEqual(nicks.toSorted())
  expect(commits()).toBeLessThan(MAX_COMMITS)
  const entered = back.map((client) => client.ask('JOIN #all'))
  for (const lines of await Promise.all(entered)) expect(lines.join()).toContain(' JOIN #all')
  const shown = (await stays.rest()).map((line) => line.replace(/!\S+/, ''))
  expect(shown.sort()).toEqual(nicks.map((nick) => `:${nick} JOIN #all`).sort())
  for (const { socket } of [...back, stays]) socket.destroy()
})
