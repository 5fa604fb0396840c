import { onTestFinished, test } from 'vitest'
import { startTestDaemon } from '../support/daemon.ts'
import { play } from './script.ts'

test('one script of events, and the transcript of each protocol', async () => {
  const daemon = await startTestDaemon({ chatterbox: 0, chatroom: 0, http: 0 })
  onTestFinished(() => daemon.stop())
  await play(() => daemon)
})
