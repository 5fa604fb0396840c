/** docs/protocols/irc.md, section 9, points 30 and 45 to 47: accounts on several devices, and rooms and names of other protocols. */
import { expect, onTestFinished, test } from 'vitest'
import { IrcClient } from '../../clients/irc.ts'
import { type IrcStage, ircStage } from './stage.ts'

const PASSWORD = 'correct horse'

/** A client that has logged in to the account ann by PASS. */
async function device({ daemon }: IrcStage): Promise<IrcClient> {
  const client = await IrcClient.connect(daemon.port('irc'))
  onTestFinished(() => void client.socket.destroy())
  await client.ask(`PASS :${PASSWORD}`, 'NICK ann', 'USER ann 0 * :Ann')
  return client
}

test('30. two sessions of one account are one user', async () => {
  const stage = await ircStage()
  const owner = await stage.guest('ann')
  expect(await owner.ask(`REGISTER * * :${PASSWORD}`)).toEqual([
    ':roomd REGISTER SUCCESS ann :Your nickname is registered',
    ':roomd 900 ann ann!ann@account.roomd ann :You are now logged in as ann',
  ])
  owner.send('QUIT')
  await owner.closed
  const bob = await stage.guest('bob')
  await bob.ask('JOIN #ops')
  const [laptop, phone] = [await device(stage), await device(stage)]
  await laptop.ask('JOIN #ops')
  await phone.ask('JOIN #ops')
  expect(await bob.rest()).toEqual([':ann!ann@account.roomd JOIN #ops'])

  expect(await laptop.ask('PRIVMSG #ops :from the laptop')).toEqual([])
  expect(await phone.rest()).toEqual([':ann!ann@account.roomd PRIVMSG #ops :from the laptop'])
  await bob.ask('PRIVMSG ann :psst', 'PRIVMSG #ops :hello')
  for (const client of [laptop, phone]) {
    expect(await client.rest()).toEqual([
      ':bob!~bob@guest.roomd PRIVMSG ann :psst',
      ':bob!~bob@guest.roomd PRIVMSG #ops :hello',
    ])
  }
  // What one device tells somebody the other one shows, too.
  await laptop.ask('PRIVMSG bob :back')
  expect(await laptop.rest()).toEqual([])
  expect(await phone.rest()).toEqual([':ann!ann@account.roomd PRIVMSG bob :back'])
  await bob.rest()

  expect(await phone.ask('PART #ops :later')).toEqual([':ann!ann@account.roomd PART #ops :later'])
  expect(await bob.ask('NAMES #ops')).toContain(':roomd 353 bob = #ops :@bob ann')
  laptop.send('QUIT')
  await laptop.closed
  expect((await bob.until(/ QUIT /)).at(-1)).toBe(':ann!ann@account.roomd QUIT :Connection closed')
  expect(await phone.ask('NICK zoe')).toEqual([':roomd 447 ann :The owner of an account keeps its nickname'])
})

test('30. a further session enters the channels of the account, apart from those that it may not enter', async () => {
  const stage = await ircStage()
  const bob = await stage.guest('bob')
  await bob.ask('JOIN #ops,#club', 'TOPIC #ops :plans')
  const owner = await stage.guest('ann')
  await owner.ask(`REGISTER * * :${PASSWORD}`, 'JOIN #locked', 'MODE #locked +k :a long key', 'JOIN #ops,#club')
  await bob.ask('PRIVMSG #ops :hello', 'MODE #club +i')
  await bob.rest()

  const phone = await stage.dial()
  const greeted = await phone.ask(`PASS :${PASSWORD}`, 'NICK ann', 'USER ann 0 * :Ann')
  const entered = greeted.slice(greeted.findIndex((line) => line.includes(' 422 ')) + 1)
  const ops = entered.slice(entered.indexOf(':ann!ann@account.roomd JOIN #ops'))
  expect(ops.slice(0, 5).map((line) => line.replace(/(?<=bob :)\d+$/, ''))).toEqual([
    ':ann!ann@account.roomd JOIN #ops',
    ':roomd 332 ann #ops :plans',
    ':roomd 333 ann #ops bob :',
    ':roomd 353 ann = #ops :@bob ann',
    ':roomd 366 ann #ops :End of /NAMES list',
  ])
  expect(entered.filter((line) => line.includes(' JOIN ')).sort()).toEqual([
    ':ann!ann@account.roomd JOIN #locked',
    ':ann!ann@account.roomd JOIN #ops',
  ])
  expect(entered.filter((line) => line.includes('hello'))).toHaveLength(1)
  expect(await phone.ask('JOIN #ops', 'PRIVMSG #ops :from the phone', 'PRIVMSG #locked :too')).toEqual([])
  expect(await bob.rest()).toEqual([':ann!ann@account.roomd PRIVMSG #ops :from the phone'])
  expect(await phone.ask('PART #ops')).toEqual([':ann!ann@account.roomd PART #ops'])
  expect(await bob.rest()).toEqual([])
})

test('a password with spaces needs no colon in front of it', async () => {
  const { daemon, guest } = await ircStage({ admins: ['ann'] })
  const owner = await guest('ann')
  expect((await owner.ask(`REGISTER * * ${PASSWORD}`))[0]).toBe(
    ':roomd REGISTER SUCCESS ann :Your nickname is registered',
  )
  const other = await IrcClient.connect(daemon.port('irc'))
  onTestFinished(() => void other.socket.destroy())
  expect(await other.ask(`PASS ${PASSWORD}`, 'NICK ann', 'USER ann 0 * :Ann')).toContain(
    ':roomd 900 ann ann!ann@account.roomd ann :You are now logged in as ann',
  )
  const bob = await guest('bob')
  expect((await bob.ask(`OPER ann ${PASSWORD}`)).at(-1)).toMatch(/ 381 bob /)
  expect((await bob.ask('OPER ann correct')).at(-1)).toMatch(/ 464 bob /)
})

test('45. a room with a password made through Globes is entered with the key', async () => {
  const { daemon, guest } = await ircStage({ http: 0 })
  const url = `http://127.0.0.1:${daemon.port('http')}/chats`
  const body = JSON.stringify({ title: 'Den', visibility: 'private', password: PASSWORD })
  expect((await fetch(url, { method: 'POST', body })).status).toBe(201)
  const ann = await guest('ann')
  expect(await ann.ask('JOIN #den', 'JOIN #den wrong')).toEqual([
    ':roomd 475 ann #den :Cannot join channel (+k)',
    ':roomd 475 ann #den :Cannot join channel (+k)',
  ])
  const key = `JOIN #den :${PASSWORD}`
  expect(await ann.ask(key)).toContain(':ann!~ann@guest.roomd JOIN #Den')
  expect((await ann.ask('MODE #Den'))[0]).toBe(':roomd 324 ann #Den +ntk :*')
})

test('46. texts of other protocols arrive as valid lines', async () => {
  const { guest, line } = await ircStage()
  const ann = await guest('ann')
  await ann.ask('JOIN #ops')
  const eve = await line('eve', 'ops')
  await ann.rest()
  const long = Array.from({ length: 400 }, (_, n) => `wörd${n}`).join(' ')
  for (const text of ['a\n:b PRIVMSG #ops :forged\n\nc', ':colon', long, 'x'.repeat(4_000), '日'.repeat(4_000)]) {
    await eve.ask(`MESSAGE ${JSON.stringify(text)}`)
    await eve.rest()
    const lines = await ann.rest()
    const head = ':eve!~eve@guest.roomd PRIVMSG #ops :'
    for (const received of lines) {
      expect(received.startsWith(head)).toBe(true)
      expect(Buffer.byteLength(received)).toBeLessThanOrEqual(510)
    }
    const texts = lines.map((received) => received.slice(head.length))
    const isProse = text === long
    expect(texts.join(isProse ? ' ' : '')).toBe(text.replaceAll('\n', ''))
  }
})

test('47. names with spaces and other scripts are shown, addressed and kicked', async () => {
  const stage = await ircStage({ 'chatterbox-plain': 0 })
  const { FrameClient } = await import('../../support/frames.ts')
  const ann = await stage.guest('ann')
  const box = await FrameClient.connect(stage.daemon.port('chatterbox-plain'), 'TCP')
  onTestFinished(() => void box.socket.destroy())
  await ann.ask('JOIN #lobby')
  await box.ask({ USERNAME: 'Łukasz Ż' })
  expect((await ann.until(/ JOIN /)).at(-1)).toBe(':Łukasz\u00a0Ż!~Łukasz\u00a0Ż@guest.roomd JOIN #lobby')
  expect(await ann.ask('WHOIS Łukasz\u00a0Ż')).toContain(
    ':roomd 320 ann Łukasz\u00a0Ż :is connected through the protocol chatterbox',
  )
  await ann.ask('PRIVMSG łukasz\u00a0ż :cześć')
  const frames: string[] = []
  while (!frames.at(-1)?.includes('cześć')) frames.push(JSON.stringify(await box.next()))
})
