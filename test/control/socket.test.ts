/** The control socket in this process. */
import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { askDaemon } from '../../src/control/client.ts'
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

test('a daemon that does not answer is given up after a time', async () => {
  const folder = temporaryFolder()
  const path = controlPathOf(folder)
  const finished = Promise.withResolvers<void>()
  const control = await ControlSocket.open(folder, keptLog().log, async function* () {
    yield { warning: 'wait' }
    await finished.promise
    yield { done: 'too late' }
  })
  onTestFinished(async () => {
    finished.resolve()
    await control?.close()
  })
  const replies = await askDaemon(path, { action: 'room list' }, 100)
  const said: unknown[] = []
  const reading = (async () => {
    for await (const reply of replies ?? []) said.push(reply)
  })()
  await expect(reading).rejects.toThrow(`the daemon at ${path} does not answer; it may still do what it was asked for`)
  expect(said).toEqual([{ warning: 'wait' }])
})
