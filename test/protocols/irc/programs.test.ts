/** docs/protocols/irc.md, section 9, point 48: irssi and WeeChat as people use them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { IrcClient } from '../../clients/irc.ts'
import { need } from '../../support/needed.ts'
import { TmuxWindow } from '../../support/tmux.ts'
import { startRestarting } from './restarting.ts'

const PASSWORD = 'correct horse'

const irssiConfig = (port: number) => `
servers = ( { address = "127.0.0.1"; chatnet = "roomd"; port = "${port}"; autoconnect = "yes"; } );
chatnets = { roomd = { type = "IRC"; }; };
channels = ( { name = "#ops"; chatnet = "roomd"; autojoin = "yes"; } );
settings = { core = { nick = "ann"; real_name = "Ann"; server_reconnect_time = "1s"; }; };
`

/** A daemon that can be restarted, and a client of the line protocol in the room ops. */
async function company() {
  const { login, ...daemon } = await startRestarting()
  const eve = async (...words: string[]) => {
    const client = await login('eve', ...words)
    client.send('JOIN ops')
    await client.until(({ type }) => type === 'userJoined')
    return client
  }
  return { ...daemon, eve }
}

test('48. irssi connects, joins, talks, reconnects and sees what was said', async (context) => {
  need('tmux', context)
  need('irssi', context)
  const { folder, irc, eve, restart } = await company()
  const before = await eve()
  await before.ask('said before')
  writeFileSync(join(folder, 'config'), irssiConfig(irc))
  const irssi = new TmuxWindow(`irssi --home=${folder}`)
  await irssi.shows('Act: 2')
  irssi.type('/window 2', 'Enter')
  await irssi.shows('said before')
  irssi.type('hello from irssi', 'Enter')
  const heard = await before.until((line) => line.type === 'message' && line.from === 'ann')
  expect(heard.at(-1)).toMatchObject({ body: 'hello from irssi' })
  irssi.type('/me waves', 'Enter')
  expect((await before.until((line) => 'action' in line)).at(-1)).toMatchObject({ body: 'waves', action: true })
  before.send('/me nods', 'hello irssi')
  await irssi.shows(/\* eve nods[\s\S]*<@eve> hello irssi/)
  irssi.type('/nick anna', 'Enter')
  await irssi.shows("You're now known as anna")
  await restart()
  const after = await eve()
  await after.until((line) => line.type === 'userJoined' && line.from === 'anna')
  await after.ask('after the restart')
  await irssi.shows('eve> after the restart')
})

test('48. WeeChat logs in with SASL', async (context) => {
  need('tmux', context)
  need('weechat', context)
  const { folder, irc, eve } = await company()
  const owner = await eve()
  await owner.ask('/register correct horse')
  const setup = [
    `/server add roomd 127.0.0.1/${irc} -notls`,
    '/set irc.server.roomd.nicks eve',
    '/set irc.server.roomd.sasl_username eve',
    `/set irc.server.roomd.sasl_password "${PASSWORD}"`,
    '/set irc.server.roomd.autojoin "#ops"',
    '/connect roomd',
  ]
  const weechat = new TmuxWindow(`weechat -d ${folder} -r '${setup.join(';')}'`)
  await weechat.shows('#ops')
  weechat.type('/buffer #ops', 'Enter')
  owner.send('from the first session')
  await weechat.shows('from the first session')
  weechat.type('from WeeChat', 'Enter')
  expect((await owner.until((line) => line.type === 'message' && line.body === 'from WeeChat')).at(-1)).toMatchObject({
    from: 'eve',
  })
})

test('48. irssi bans by /ban the nickname that it is given, and lifts that by /unban', async (context) => {
  need('tmux', context)
  need('irssi', context)
  const { folder, irc } = await company()
  writeFileSync(join(folder, 'config'), irssiConfig(irc))
  const irssi = new TmuxWindow(`irssi --home=${folder}`)
  await irssi.shows('Act: 2')
  irssi.type('/window 2', 'Enter')
  await irssi.shows('@ann')
  const [bob, other] = [await IrcClient.connect(irc), await IrcClient.register(irc, 'other')]
  onTestFinished(() => {
    for (const { socket } of [bob, other]) socket.destroy()
  })
  await bob.ask('NICK bob', 'USER robert 0 * :Robert Roe')
  for (const client of [bob, other]) await client.ask('JOIN #ops')
  await irssi.shows('bob [~robert@guest.roomd] has joined')
  irssi.type('/ban bob', 'Enter')
  await irssi.shows('[+b bob!*@*]')
  await bob.until(/ KICK #ops bob /)
  expect((await bob.ask('JOIN #ops'))[0]).toContain(' 474 bob #ops ')
  irssi.type('/unban bob!*@*', 'Enter')
  await irssi.shows('[-b bob!*@*]')
  expect((await bob.ask('JOIN #ops'))[0]).toBe(':bob!~robert@guest.roomd JOIN #ops')
  expect((await other.rest()).filter((line) => line.includes(' KICK '))).toHaveLength(1)
  // Of a long USER argument irssi keeps the end alone.
  const long = await IrcClient.connect(irc)
  onTestFinished(() => void long.socket.destroy())
  await long.ask('NICK long', `USER ${'averylong'.repeat(3)} 0 * :Long`, 'JOIN #ops')
  await irssi.shows('long [~averylong')
  irssi.type('/ban long', 'Enter')
  await irssi.shows('[+b long!*@*]')
  await long.until(/ KICK #ops long /)
  expect((await long.ask('JOIN #ops'))[0]).toContain(' 474 long #ops ')
})
