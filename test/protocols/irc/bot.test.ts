/** docs/protocols/irc.md, section 9, point 48: a bot on a library that many bots and bridges use, with the settings of docs/clients.md. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startRestarting } from './restarting.ts'

/** What is used of the library, which has no types. */
interface Bot extends NodeJS.EventEmitter {
  say(target: string, text: string): void
  disconnect(reason: string, done: () => void): void
}
type BotClass = new (server: string, nick: string, options: object) => Bot

const CLIENTS = resolve(import.meta.dirname, '../../../docs/clients.md')
const PASSWORD = 'correct horse'

test('48. a bot on irc-upd logs in by SASL, talks in a channel and in private, and comes back over a restart', async () => {
  const { irc, login, restart } = await startRestarting()
  const owner = await login('ann')
  await owner.ask(`/register ${PASSWORD}`)
  owner.end()
  await owner.closed
  const eve = await login('eve')
  eve.send('JOIN ops')
  await eve.until(({ type }) => type === 'userJoined')

  const bot = botAsDocumented(irc)
  onTestFinished(() => new Promise<void>((done) => bot.disconnect('', done)))
  const failures: unknown[] = []
  bot.on('error', (failure: unknown) => failures.push(failure))
  bot.on('message', (from: string, to: string, text: string) => {
    if (text === 'ping') bot.say(to === 'ann' ? from : to, `pong ${from}`)
  })
  await once(bot, 'join')
  await eve.until((said) => said.type === 'userJoined' && said.from === 'ann')
  eve.send('ping')
  expect((await eve.until((said) => said.type === 'message' && said.from === 'ann')).at(-1)).toMatchObject({
    body: 'pong eve',
    room: 'ops',
  })
  eve.send('/tell ann ping')
  expect((await eve.until((said) => said.type === 'private' && said.from === 'ann')).at(-1)).toMatchObject({
    body: 'pong eve',
  })

  await restart()
  await once(bot, 'join')
  const after = await login('mallory')
  after.send('JOIN ops', 'ping')
  expect((await after.until((said) => said.type === 'message' && said.from === 'ann')).at(-1)).toMatchObject({
    body: 'pong mallory',
  })
  expect(failures).toEqual([])
})

/** The bot that the page's example makes, with this port and password. */
function botAsDocumented(port: number): Bot {
  const { Client } = createRequire(import.meta.url)('irc-upd') as { Client: BotClass }
  const [, code = ''] = /`(new Client\(.*?\))`/.exec(readFileSync(CLIENTS, 'utf8')) ?? []
  const own = code.replace('6667', String(port)).replace('PASSWORD', PASSWORD)
  return new Function('Client', `return ${own}`)(Client) as Bot
}
