/** docs/protocols/irc.md, section 9. */
import { expect, test } from 'vitest'
import { ircStage } from './stage.ts'

const codes = (lines: readonly string[]) => lines.map((line) => line.replace(/^@\S+ /, '').split(' ')[1])

test('1. a registration is answered from 001 to 422, addressed to the nickname', async () => {
  const { dial } = await ircStage()
  const client = await dial()
  const lines = await client.ask('NICK ann', 'USER ann 0 * :Ann')
  expect(codes(lines)).toEqual([
    '001',
    '002',
    '003',
    '004',
    '005',
    '005',
    '251',
    '252',
    '253',
    '254',
    '255',
    '265',
    '266',
    '422',
  ])
  for (const line of lines) expect(line).toMatch(/^:roomd \d{3} ann /)
})

test('talk', async () => {
  const { together, line } = await ircStage()
  const [ann, bob] = await together('#ops', 'ann', 'bob')
  if (!ann || !bob) throw new Error('two')
  const eve = await line('eve', 'ops')
  console.log(
    await ann.ask(
      'PRIVMSG #ops :hello',
      'NAMES #ops',
      'TOPIC #ops :new',
      'MODE #ops +m',
      'MODE #ops',
      'WHO #ops',
      'WHOIS bob',
      'WHOIS eve',
    ),
  )
  console.log(await bob.rest(), await eve.rest())
  console.log(
    await bob.ask(
      'PRIVMSG #ops :hello',
      'PRIVMSG ann :psst',
      'JOIN #ops',
      'PART #ops :bye all',
      'PRIVMSG zoe hi',
      'LIST',
      'FOO',
    ),
  )
  console.log(await ann.rest(), await eve.rest())
  bob.send('JOIN #ops')
  await bob.rest()
  bob.send('QUIT :gone')
  await bob.closed
  console.log(await ann.rest(), await eve.rest())
})
