/** Changes of nicknames at IRC, which are told to every member of every channel, hold no round of the event loop together. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IrcClient } from '../clients/irc.ts'
import { MeasuredDaemon } from '../support/measured.ts'

/** CPU time of a round of the event loop, in ms: one change takes 4 to 16, twenty together take 70 to 130. */
const BUDGET_MS = 40
const CHANNELS = Array.from({ length: 40 }, (_, n) => `#c${n}`)
const MEMBERS = 100
const CHANGERS = 20

let daemon: MeasuredDaemon
const clients: IrcClient[] = []

beforeAll(async () => {
  daemon = await MeasuredDaemon.start(
    '--data :memory: --line 0 --no-line-tls --no-chatterbox --no-chatroom --no-http --irc 0 --guest-rate 0 --max-per-address 0'.split(
      ' ',
    ),
  )
  for (let n = 0; n < MEMBERS + CHANGERS; n++) {
    const client = await IrcClient.register(daemon.port('irc'), `nick${n}`)
    clients.push(client)
    await client.ask(`JOIN ${CHANNELS.join(',')}`)
  }
  for (const client of clients) await client.rest()
})

afterAll(async () => {
  for (const { socket } of clients) socket.destroy()
  await daemon.stop()
})

test('guests who change their nickname together, in 40 channels of 100 members', async () => {
  const changers = clients.slice(MEMBERS)
  let round = 0
  const change = async () => {
    round++
    for (const [n, client] of changers.entries()) client.send(`NICK other${n}x${round}`)
    for (const client of clients) await client.rest()
  }
  const longest = await daemon.longest(change, BUDGET_MS)
  expect(longest).toBeLessThanOrEqual(BUDGET_MS)
})
