/** The work of /who for many clients that have waited for the accounts of the members together. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { RoomPeople } from '../../../src/chat/room-people.ts'
import type { AccountRecord } from '../../../src/engine/records.ts'
import { nextRound } from '../../../src/tick.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { eventually } from '../../support/eventually.ts'
import { guest } from './moderation-stage.ts'

const MEMBERS = 60

/** Accounts that count the members for whom they are looked at. */
class Accounts extends Map<string, AccountRecord> {
  looks = 0

  override get(name: string): AccountRecord | undefined {
    this.looks++
    return super.get(name)
  }
}

test('a few of them get their reply in a round of the event loop', async () => {
  const daemon = await startTestDaemon({ 'max-rate': 0, 'guest-rate': 0 })
  onTestFinished(() => daemon.stop())
  const members = await Promise.all(Array.from({ length: MEMBERS }, (_, n) => guest(daemon, `member${n}`, 'crowd')))
  const accounts = new Accounts()
  const { promise, resolve: tell } = Promise.withResolvers<Accounts>()
  const ask = vi.spyOn(RoomPeople.prototype, 'accounts').mockReturnValue(promise)
  onTestFinished(() => ask.mockRestore())
  const replies = members.map((member) => member.ask('/who'))
  await eventually(() => expect(ask).toHaveBeenCalledTimes(MEMBERS))
  tell(accounts)
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
