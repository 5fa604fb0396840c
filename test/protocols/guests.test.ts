/** `--no-guests`: only the owners of accounts may log in and speak, at every protocol. */
import { expect, onTestFinished, test } from 'vitest'
import { askDaemon } from '../../src/control/client.ts'
import { controlPathOf } from '../../src/control/socket.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { temporaryFolder } from '../support/folder.ts'
import { FrameClient } from '../support/frames.ts'
import { joining, notice, openGlobes } from '../support/globes.ts'
import { BoxClient } from './chatterbox/stage.ts'

const PASSWORD = 'correct horse'

test('guests are refused at every protocol, and accounts are not', async () => {
  const data = temporaryFolder()
  const daemon = await startTestDaemon({ 'chatterbox-plain': 0, http: 0, guests: false, data })
  onTestFinished(() => daemon.stop())
  const line = await LineClient.connect(daemon)
  onTestFinished(() => void line.socket.destroy())
  expect(await line.ask('LOGIN ann')).toMatchObject({ type: 'error', code: 'account-required' })

  const box = new BoxClient(await FrameClient.connect(daemon.port('chatterbox-plain'), 'TCP'))
  onTestFinished(() => void box.raw.socket.destroy())
  expect(await box.login('ann')).toEqual({ USERNAME_ACCEPTED: false, INFO: 'Only the owners of accounts may enter' })

  const globe = await openGlobes(daemon.port('http'))
  globe.send(joining('ann'))
  expect((await globe.closing)[0]).toBe(1008)
  expect(globe.now()).toContainEqual(notice('Only the owners of accounts may enter'))

  const url = `http://127.0.0.1:${daemon.port('http')}`
  const refused = await fetch(`${url}/rooms/ops/messages?as=ann`, { method: 'POST', body: 'hi' })
  expect([refused.status, await refused.json()]).toMatchObject([401, { code: 'account-required' }])

  // The operator makes all accounts.
  expect((await fetch(`${url}/api/register`, { method: 'POST', body: '{"username":"ann"}' })).status).toBe(403)
  const added = askDaemon(controlPathOf(data), { action: 'account add', name: 'ann', password: PASSWORD })
  expect(await Array.fromAsync((await added) ?? [])).toEqual([{ done: 'added account ann' }])
  expect(await line.ask(`LOGIN ann ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
  const said = await fetch(`${url}/rooms/ops/messages`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}` },
    body: 'hi',
  })
  expect(said.status).toBe(201)
})
