/** docs/protocols/irc.md, section 2: a room that gets another title is another channel. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { FollowedRoom } from '../../../src/chat/followed-room.ts'
import { NamesLists } from '../../../src/protocols/irc/names-lists.ts'
import { codes, ircSuite, plain } from './suite.ts'

const suite = ircSuite()

test('a room that gets another title is left and entered under its new name, by each client for itself', async () => {
  const lin = await suite.line('lin', 'attic')
  const ann = await suite.guest('ann', 'labeled-response batch message-tags')
  const bob = await suite.guest('bob')
  for (const client of [ann, bob]) await client.ask('JOIN #attic')
  await ann.rest()
  await lin.ask('/topic Old things')
  await lin.ask('/title Cellar')
  // The room is told of its title before or behind it.
  expect((await ann.until(/ 366 /)).map(plain).filter((line) => !/TOPIC|NOTICE/.test(line))).toEqual([
    ':ann!~ann@guest.roomd PART #attic :The channel is #Cellar now',
    ':ann!~ann@guest.roomd JOIN #Cellar',
    ':roomd 332 ann #Cellar :Old things',
    expect.stringMatching(/^:roomd 333 ann #Cellar lin :\d+$/),
    ':roomd 353 ann = #Cellar :@lin ann bob',
    ':roomd 366 ann #Cellar :End of /NAMES list',
  ])
  expect((await bob.until(/ 366 /)).filter((line) => /PART|JOIN/.test(line))).toEqual([
    ':bob!~bob@guest.roomd PART #attic :The channel is #Cellar now',
    ':bob!~bob@guest.roomd JOIN #Cellar',
  ])
  await lin.ask('down here')
  expect((await bob.until(/PRIVMSG/)).at(-1)).toBe(':lin!~lin@guest.roomd PRIVMSG #Cellar :down here')
  expect(codes(await bob.ask('PRIVMSG #Cellar :me too', 'PRIVMSG #attic :up there'))).toEqual(['404'])
  expect((await ann.until(/PRIVMSG #Cellar :me too/)).filter((line) => / (PART|JOIN) /.test(line))).toEqual([])
})

test('a title that changes no more than the case of ASCII letters, or not the name of the channel, changes no channel', async () => {
  const lin = await suite.line('lin', 'loft')
  const ann = await suite.guest('ann')
  await ann.ask('JOIN #loft')
  await lin.ask('/title Loft')
  await lin.ask('in the loft')
  expect(codes(await ann.until(/in the loft/))).not.toContain('PART')
  await lin.ask('/title Our loft')
  expect((await ann.until(/ 366 /)).filter((line) => / (PART|JOIN) /.test(line)).map(plain)).toEqual([
    ':ann!~ann@guest.roomd PART #Loft :The channel is #Ourloft now',
    ':ann!~ann@guest.roomd JOIN #Ourloft',
  ])
})

test('each of a crowd is told of another name, and behind it of topic and names', async () => {
  const lin = await suite.line('lin', 'hall')
  const crowd = await Promise.all(Array.from({ length: 120 }, (_, n) => suite.guest(`guest${n}`)))
  for (const client of crowd) await client.ask('JOIN #hall')
  await lin.ask('/title Court')
  for (const client of crowd) {
    const shown = codes(await client.until(/ 366 \S+ #Court /))
    expect(shown.slice(shown.indexOf('PART')).filter((code) => code !== 'NOTICE')).toEqual([
      'PART',
      'JOIN',
      '353',
      '353',
      '353',
      '366',
    ])
  }
})

test('a channel that is changed once more right behind its name is shown to each member', async () => {
  const [ann, bob] = await suite.together('#cave', 'ann', 'bob')
  const { change } = FollowedRoom.prototype
  // With Redis each change of a room, entries and exits among them, gives a new record.
  const spy = vi.spyOn(FollowedRoom.prototype, 'change').mockImplementation(function (this: FollowedRoom, record) {
    change.call(this, record)
    change.call(this, { ...record })
  })
  onTestFinished(() => spy.mockRestore())
  const lin = await suite.line('lin', 'cave')
  await ann.ask('MODE #cave +o lin')
  await lin.ask('/title Grotto')
  for (const client of [ann, bob]) expect(codes(await client.until(/ 366 /)).slice(-2)).toEqual(['353', '366'])
})

test('names that are listed in the tick in which the channel gets a longer name are whole', async () => {
  const nicks = ['𠮷'.repeat(32), ...Array.from({ length: 30 }, (_, n) => `${'x'.repeat(20)}${n}`)]
  const crowd = await suite.together('#nook', ...nicks)
  const [ann] = crowd
  const lin = await suite.line('lin', 'nook')
  await ann?.ask('MODE #nook +o lin')
  await lin.rest()
  // All that follows is of one tick for the lists.
  const spy = vi.spyOn(NamesLists.prototype, 'commit').mockImplementation(() => {})
  onTestFinished(() => spy.mockRestore())
  await ann?.ask('NAMES #nook')
  await lin.ask(`/title ${'議'.repeat(29)}`)
  const lines = (await ann?.until(/ 366 /)) ?? []
  const names = lines.flatMap((line) => / 353 .* :(.*)$/.exec(line)?.[1]?.split(' ') ?? [])
  expect(names.map((name) => name.replace('@', '')).toSorted()).toEqual(['lin', ...nicks].toSorted())
})
