/** Outgoing webhooks that wait for a turn, or for the lease (docs/protocols/rooms-api.md, section 2.7). */
import { expect, onTestFinished, test, vi } from 'vitest'
import { RoomHooks } from '../../../../src/chat/room-hooks.ts'
import { Records } from '../../../../src/engine/typed-records.ts'
import type { TestDaemon } from '../../../support/daemon.ts'
import { eventually } from '../../../support/eventually.ts'
import { isReply } from '../../../support/stage.ts'
import { accepted, ask, dial, PASSWORD, receiver, silentReceiver, startDaemon } from './receiver.ts'

const REGISTER = ['LOGIN ann', `/register ${PASSWORD}`, 'JOIN ops'] as const
const BOB = `Basic ${Buffer.from(`bob:${PASSWORD}`).toString('base64')}`
/** Requests at the same time to receivers that have not answered quickly. */
const SLOW_REQUESTS = 16

const joined = (daemon: TestDaemon, room: string) => dial(daemon, `LOGIN ann ${PASSWORD}`, `JOIN ${room}`)

async function say(daemon: TestDaemon, room: string, text: string): Promise<string> {
  const said = await ask(daemon, 'POST', `/rooms/${room}/messages`, { text })
  expect(said.status).toBe(201)
  return said.body.id
}

async function makeHook(daemon: TestDaemon, room: string, url: string, authorization?: string): Promise<string> {
  const made = await ask(daemon, 'POST', `/rooms/${room}/hooks`, { url }, authorization)
  expect(made.status).toBe(201)
  return made.body.id
}

/** A daemon with webhooks to silent receivers, 10 in each room, which take all turns. Resolves with their ids. */
async function busyDaemon(...rooms: readonly string[]) {
  const daemon = await startDaemon()
  const silent = await silentReceiver()
  const ann = await dial(daemon, ...REGISTER)
  const ids: string[] = []
  for (const room of rooms) {
    await joined(daemon, room)
    for (let hook = 0; hook < 10; hook++) ids.push(await makeHook(daemon, room, silent.url))
    await say(daemon, room, 'into the void')
  }
  await eventually(() => expect(silent.open()).toBe(SLOW_REQUESTS))
  return { daemon, silent, ann, ids }
}

test('what must not be posted any more when the turn comes is not: deleted, of a closed room, or of a former operator', async () => {
  const { daemon, silent, ann } = await busyDaemon('dev', 'more')
  const target = await receiver()
  const closing = await joined(daemon, 'closing')
  await dial(daemon, 'LOGIN bob', `/register ${PASSWORD}`, 'JOIN ops')
  const order = async (client: typeof ann, line: string) => {
    client.send(line)
    expect((await client.until(isReply)).at(-1)).toMatchObject({ type: 'commandResult' })
  }
  await order(ann, '/op bob')
  await makeHook(daemon, 'ops', target.url)
  await makeHook(daemon, 'ops', target.url, BOB)
  await makeHook(daemon, 'closing', target.url)
  const gone = await say(daemon, 'ops', 'deleted')
  await say(daemon, 'closing', 'of a closed room')
  // The reader gives pages in turns: the webhooks have read theirs.
  for (const room of ['ops', 'closing']) await ask(daemon, 'GET', `/rooms/${room}/messages`)
  expect(await ask(daemon, 'DELETE', `/rooms/ops/messages/${gone}`)).toMatchObject({ status: 200 })
  await order(ann, '/deop bob')
  await say(daemon, 'ops', 'kept')
  closing.send('/close')
  await closing.until(({ type }) => type === 'userLeft')
  expect([silent.ended(), target.received]).toEqual([0, []])
  silent.close()
  await accepted(target, 'kept')
})

test('what waits for its turn when the lease is lost is posted once, by the next one that has it', async () => {
  const { daemon, silent } = await busyDaemon('dev', 'more')
  const target = await receiver()
  await makeHook(daemon, 'ops', target.url)
  await say(daemon, 'ops', 'one')
  await ask(daemon, 'GET', '/rooms/ops/messages')
  const { now } = Date
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 20_000)
  onTestFinished(() => void vi.restoreAllMocks())
  silent.close()
  await say(daemon, 'ops', 'two')
  await accepted(target, 'one', 'two')
})

test('one that waits is removed at once, and so the daemon stops', async () => {
  const { daemon, silent, ids } = await busyDaemon('dev', 'more', 'last')
  const waiting = ids.findLast((id) => !silent.begun.includes(id))
  expect(await ask(daemon, 'DELETE', `/rooms/last/hooks/${waiting}`)).toEqual({ status: 204 })
  await daemon.stop()
  expect(silent.begun).toHaveLength(SLOW_REQUESTS)
})

test('a lease that lapses while it is renewed ends no webhook for good', async () => {
  const daemon = await startDaemon()
  const target = await receiver()
  await dial(daemon, ...REGISTER)
  await makeHook(daemon, 'ops', target.url)
  await say(daemon, 'ops', 'one')
  await accepted(target, 'one')

  onTestFinished(() => void vi.restoreAllMocks())
  const { now } = Date
  const { put } = Records.prototype
  const [noted, read] = [vi.spyOn(RoomHooks.prototype, 'note'), vi.spyOn(RoomHooks.prototype, 'next')]
  await eventually(() => expect(noted).toHaveBeenCalled())
  const leap = (ms: number) => vi.spyOn(Date, 'now').mockImplementation(() => now() + ms)
  leap(10_000)
  const renewed = Promise.withResolvers<void>()
  const putting = vi.spyOn(Records.prototype, 'put').mockImplementation(async function (this: Records, ...args) {
    await put.apply(this, args)
    if (args[0] !== 'duty') return
    putting.mockRestore()
    // The answer comes when the lease so far is over. Meanwhile there is an event, and the webhook notices.
    leap(20_000)
    await say(daemon, 'ops', 'two')
    await eventually(() => expect(read).toHaveBeenCalled())
    await Promise.all(read.mock.results.map(({ value }) => value))
    renewed.resolve()
  })
  // A change lets the lease be renewed.
  await makeHook(daemon, 'ops', 'http://127.0.0.1:9/')
  await renewed.promise
  await say(daemon, 'ops', 'three')
  await accepted(target, 'one', 'two', 'three')
})
