/** The control socket in this process. */
import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ControlSocket, controlPathOf } from '../../src/control/socket.ts'
import { temporaryFolder } from '../support/folder.ts'
import { keptLog } from '../support/log.ts'

test('who sends no request is disconnected after a time, and who waits for a reply is not', async () => {
  const { setTimeout } = Socket.prototype
  vi.spyOn(Socket.prototype, 'setTimeout').mockImplementation(function (this: Socket, ms, ...callback) {
    return setTimeout.call(this, ms / 1_000, ...callback)
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const folder = temporaryFolder()
  const [asked, finished] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const control = await ControlSocket.open(folder, keptLog().log, async function* () {
    asked.resolve()
    await finished.promise
    yield { done: 'at last' }
  })
  onTestFinished(() => control?.close())
  const patient = connect(controlPathOf(folder))
  patient.write('{"action":"room list"}\n')
  const reply = text(patient)
  await asked.promise
  const silent = connect(controlPathOf(folder))
  await once(silent.resume(), 'close')
  finished.resolve()
  expect(await reply).toBe('{"done":"at last"}\n')
})
