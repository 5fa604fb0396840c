/** Ends of connections at IRC, which are told to every member of every channel, hold no round of the event loop together. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IrcClient } from '../clients/irc.ts'
import { MeasuredDaemon } from '../support/measured.ts'

/** CPU time of a round of the event loop, in ms: two ends at a time take 6 to 25, a hundred together 200. */
const BUDGET_MS = 70
const CHANNELS = Array.from({ length: 40 }, (_, n) => `#c${n}`)
const LEAVING = 100

let daemon: MeasuredDaemon
const staying: IrcClient[] = []

beforeAll(async () => {
  daemon = await MeasuredDaemon.start(
    '--data :memory: --line 0 --no-line-tls --no-chatterbox --no-chatroom --no-http --irc 0 --guest-rate 0 --max-per-address 0'.split(
      ' ',
    ),
  )
  for (let n = 0; n < 20; n++) staying.push(await enter(`stays${n}`))
})

afterAll(async () => {
  for (const { socket } of staying) socket.destroy()
  await daemon.stop()
})

async function enter(nick: string): Promise<IrcClient> {
  const client = await IrcClient.register(daemon.port('irc'), nick, 'no-implicit-names')
  await client.ask(`JOIN ${CHANNELS.join(',')}`)
  return client
}

test('a hundred clients that are cut off together, in 40 channels', async () => {
  const nicks = Array.from({ length: LEAVING }, (_, n) => `goes${n}`)
  const cut = async () => {
    const leaving: IrcClient[] = []
    for (const nick of nicks) leaving.push(await enter(nick))
    for (const client of [...leaving, ...staying]) await client.rest()
    for (const { socket } of leaving) socket.resetAndDestroy()
    for (const client of staying) {
      expect((await client.quits(LEAVING)).sort()).toEqual(nicks.toSorted())
      expect((await client.rest()).filter((line) => / (QUIT|PART)/.test(line))).toEqual([])
    }
  }
  expect(await daemon.longest(cut, BUDGET_MS)).toBeLessThanOrEqual(BUDGET_MS)
})
