import { onTestFinished, test } from 'vitest'
import { type Overrides, startTestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { raid } from './raid.ts'
import { play } from './script.ts'

async function start(overrides: Overrides = {}) {
  const daemon = await startTestDaemon({ chatterbox: 0, chatroom: 0, irc: 0, http: 0, ...overrides })
  onTestFinished(() => daemon.stop())
  return daemon
}

test('one script of events, and the transcript of each protocol', async () => {
  const daemon = await start()
  await play(() => daemon)
})

test('a raid through each protocol and its end, and the transcript of each', async () => {
  const daemon = await start({ data: temporaryFolder(), admins: 'ann' })
  await raid({ operator: daemon, raiders: daemon })
})
