/** docs/protocols/line.md, section 8: /messages. */
import { expect, onTestFinished, test } from 'vitest'
import { LineClient } from '../../support/client.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { error, ok } from '../../support/stage.ts'

test('a connection without messages gets replies and everything else', async () => {
  const daemon = await startTestDaemon()
  onTestFinished(() => daemon.stop())
  const enter = async (name: string, ...before: string[]) => {
    const client = await LineClient.connect(daemon)
    onTestFinished(() => void client.socket.destroy())
    client.send(`LOGIN ${name}`, ...before, 'JOIN ops')
    await client.until((line) => line.type === 'userJoined' && line.from === name)
    return client
  }
  const bot = await enter('bot', '/messages off')
  const ann = await enter('ann')
  expect(await bot.next()).toMatchObject({ type: 'userJoined', from: 'ann' })
  expect(await bot.ask('hello')).toEqual(ok)
  expect(await ann.next()).toMatchObject({ type: 'message', from: 'bot', body: 'hello' })
  ann.send('not for bots', '/tell bot for you', '/me waves', 'LEAVE')
  await ann.until(({ type }) => type === 'userLeft')
  expect(await bot.take(2)).toMatchObject([
    { type: 'private', from: 'ann', body: 'for you' },
    { type: 'userLeft', from: 'ann' },
  ])
  bot.send('/messages ON', 'heard', '/messages maybe')
  expect(await bot.until(({ type }) => type === 'error')).toMatchObject([
    ok,
    ok,
    { type: 'message', body: 'heard' },
    error('Invalid switch: maybe', { code: 'invalid-switch' }),
  ])
})
