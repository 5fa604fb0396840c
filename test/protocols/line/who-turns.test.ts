/** The work of /who for many clients that have waited for the accounts of the members together. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { RoomPeople } from '../../../src/chat/room-people.ts'
import type { AccountRecord } from '../../../src/engine/records.ts'
import { nextRound } from '../../../src/tick.ts'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { eventually } from '../../support/eventually.ts'
import { enter, guest, Moderated } from './moderation-stage.ts'

const MEMBERS = 60

/** Accounts that count the members for whom they are looked at. */
class Accounts extends Map<string, AccountRecord> {
  looks = 0

  override get(name: string): AccountRecord | undefined {
    this.looks++
    return super.get(name)
  }
}

/** Accounts that are told when the test says so. */
function held() {
  const accounts = new Accounts()
  const { promise, resolve } = Promise.withResolvers<Accounts>()
  const ask = vi.spyOn(RoomPeople.prototype, 'accounts').mockReturnValue(promise)
  onTestFinished(() => ask.mockRestore())
  return { accounts, ask, tell: () => resolve(accounts) }
}

test('a few of them get their reply in a round of the event loop', async () => {
  const daemon = await startTestDaemon({ 'max-rate': 0, 'guest-rate': 0 })
  onTestFinished(() => daemon.stop())
  const members = await Promise.all(Array.from({ length: MEMBERS }, (_, n) => guest(daemon, `member${n}`, 'crowd')))
  const { accounts, ask, tell } = held()
  const replies = members.map((member) => member.ask('/who'))
  await eventually(() => expect(ask).toHaveBeenCalledTimes(MEMBERS))
  tell()
  let most = 0
  for (let left = MEMBERS; left > 0; ) {
    accounts.looks = 0
    await nextRound()
    const done = accounts.looks / MEMBERS
    most = Math.max(most, done)
    left -= done
  }
  expect(most).toBeLessThan(MEMBERS / 2)
  for (const reply of await Promise.all(replies)) expect(reply).toMatchObject({ type: 'commandResult', room: 'crowd' })
})

test('nothing is done for those who are gone', async () => {
  const daemon = await startTestDaemon({ http: 0 })
  onTestFinished(() => daemon.stop())
  const witness = await guest(daemon, 'witness', 'crowd')
  const ann = new Moderated(await LineClient.connect(daemon, 'WS'))
  await ann.ask('LOGIN ann')
  await enter(ann, 'ann', 'crowd')
  const { accounts, ask, tell } = held()
  ann.line.send('/who')
  await eventually(() => expect(ask).toHaveBeenCalledOnce())
  ann.line.socket.resetAndDestroy()
  await witness.hears('userLeft ann')
  tell()
  expect(await witness.ask('/who')).toMatchObject({ members: ['witness'] })
  // For the witness alone.
  expect(accounts.looks).toBe(1)
})
