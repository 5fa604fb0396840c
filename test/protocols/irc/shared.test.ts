/** docs/protocols/irc.md, section 9, points 5 and 31. */
import { expect, test } from 'vitest'
import { ircStage } from './stage.ts'

test('5. QUIT is told once to everybody who shares a channel, and the nickname may come back', async () => {
  const { together, guest } = await ircStage()
  const [ann, bob] = await together('#ops', 'ann', 'bob')
  if (!ann || !bob) throw new Error('there are two')
  for (const channel of ['#dev', '#web']) for (const client of [ann, bob]) await client.ask(`JOIN ${channel}`)
  await ann.rest()
  for (let round = 0; round < 2; round++) {
    const client = round === 0 ? bob : await guest('bob')
    if (round > 0) await client.ask('JOIN #dev,#ops')
    client.send('QUIT :see you')
    expect((await client.until(/^ERROR/)).at(-1)).toBe('ERROR :Closing link: see you')
    await client.closed
    await ann.until(/ QUIT /)
    expect((await ann.rest()).filter((line) => / (QUIT|PART) /.test(line))).toEqual([])
  }
})

test('5. QUIT is told of who has come back, in a channel which the client has entered later', async () => {
  const { together, guest } = await ircStage()
  const [ann, bob] = await together('#ops', 'ann', 'bob')
  if (!ann || !bob) throw new Error('there are two')
  await ann.ask('JOIN #dev')
  bob.send('QUIT')
  await ann.until(/ QUIT /)
  await bob.closed
  const again = await guest('bob')
  await again.ask('JOIN #web')
  expect(await ann.ask('JOIN #web')).toContain(':roomd 353 ann = #web :@bob ann')
  again.send('QUIT :once more')
  expect((await ann.until(/ QUIT /)).at(-1)).toBe(':bob!~bob@guest.roomd QUIT :Quit: once more')
})

test('31. events have time and msgid, which is the id of the line protocol', async () => {
  const { guest, line } = await ircStage()
  const eve = await line('eve', 'ops')
  const ann = await guest('ann', 'message-tags server-time account-tag echo-message')
  await ann.ask('JOIN #ops')
  await eve.rest()
  eve.send('hello')
  const said = (await eve.until(({ type }) => type === 'message')).at(-1) as unknown as Record<string, string>
  const [heard = ''] = (await ann.until(/PRIVMSG/)).slice(-1)
  const time = `${said.utctimestamp?.slice(0, 23).replace(' ', 'T')}Z`
  expect(heard).toBe(`@time=${time};msgid=${said.id} :eve!~eve@guest.roomd PRIVMSG #ops :hello`)
  const [own = ''] = await ann.ask('PRIVMSG #ops :mine')
  expect(own).toMatch(/^@time=\S+;msgid=\d+ :ann!~ann@guest.roomd PRIVMSG #ops :mine$/)
})
