/** docs/protocols/irc.md, sections 4, 6 and 8: a store and commands that fail, accounts that cannot be made, and clients that fall silent. */
import { expect, onTestFinished, test, vi } from 'vitest'
import type { ChatOptions } from '../../../src/chat/chat-options.ts'
import { Refusal } from '../../../src/chat/refusal.ts'
import { IrcHeartbeat } from '../../../src/protocols/irc/heartbeat.ts'
import { ircListener, ircOptions } from '../../../src/protocols/irc/ports.ts'
import type { ProtocolHost } from '../../../src/protocols/protocol.ts'
import { Admission } from '../../../src/transport/admission.ts'
import { stage } from '../../chat/stage.ts'
import { IrcClient } from '../../clients/irc.ts'
import { socketOptions } from '../../support/http.ts'
import { codes, PASSWORD } from './suite.ts'

/** IRC over TCP on a core that the test has in its hands. */
async function serve(options: Partial<ChatOptions> = {}, pings = new IrcHeartbeat()) {
  const { chat } = await stage(options)
  const host = { chat, limits: socketOptions(), maxText: 4_000, vitals: { version: 'test' } } as unknown as ProtocolHost
  const shown = { replay: 0, motdFile: undefined }
  const listener = ircListener(
    { ...ircOptions(host, shown), pings },
    new Admission({ maxConnections: 0, maxPerAddress: 0 }),
  )
  const { port } = await listener.listen('127.0.0.1', 0)
  onTestFinished(async () => {
    listener.abort()
    await listener.stop(false)
    await chat.stop()
  })
  const guest = (nick: string, caps = '') => IrcClient.register(port, nick, caps)
  return { chat, guest }
}

test('32. CHATHISTORY that cannot be read to its end says so in its batch', async () => {
  const { chat, guest } = await serve()
  const ann = await guest('ann', 'batch draft/chathistory')
  await ann.ask('JOIN #ops', ...Array.from({ length: 300 }, (_, n) => `PRIVMSG #ops :${n}`))
  const search = chat.messages.search.bind(chat.messages)
  vi.spyOn(chat.messages, 'search').mockImplementation(async (...request) => {
    const { pages, ...rest } = await search(...request)
    return {
      ...rest,
      pages: (async function* () {
        yield* pages
        throw new Refusal('unavailable')
      })(),
    }
  })
  const lines = await ann.ask('CHATHISTORY LATEST #ops * 1000')
  expect(codes(lines.slice(0, -1))).toEqual(['BATCH', ...Array.from({ length: 300 }, () => 'PRIVMSG'), 'BATCH'])
  expect(lines.at(-1)).toBe(':roomd FAIL CHATHISTORY MESSAGE_ERROR #ops :Messages could not be read, try again')
  // Of a short answer nothing has been sent.
  await ann.ask('JOIN #few', 'PRIVMSG #few :one')
  expect(codes(await ann.ask('CHATHISTORY LATEST #few * 9'))).toEqual(['FAIL'])
})

test('a command that fails by a bug is answered, and the session goes on', async () => {
  const { chat, guest } = await serve()
  const ann = await guest('ann')
  vi.spyOn(chat.users, 'totals').mockRejectedValueOnce(new Error('a bug'))
  expect(await ann.ask('LUSERS')).toEqual([':roomd FAIL LUSERS INTERNAL_ERROR :The command has failed'])
  expect(codes(await ann.ask('LUSERS'))[0]).toBe('251')
})

test('37. REGISTER tells why an account cannot be made', async () => {
  const { chat, guest } = await serve({ maxRegistrations: 2 })
  const ann = await guest('ann')
  expect(await ann.ask('REGISTER * * :short')).toEqual([
    ':roomd FAIL REGISTER WEAK_PASSWORD * :A password has 8 to 128 characters',
  ])
  vi.spyOn(chat.accounts, 'register').mockRejectedValueOnce(new Refusal('name-taken'))
  expect(await ann.ask(`REGISTER * * :${PASSWORD}`)).toEqual([
    ':roomd FAIL REGISTER ACCOUNT_EXISTS * :The nickname is registered, or another session uses it',
  ])
  expect(codes(await ann.ask(`REGISTER * * :${PASSWORD}`))).toEqual(['REGISTER', '900'])
  const bob = await guest('bob')
  expect(await bob.ask(`REGISTER * * :${PASSWORD}`)).toEqual([
    ':roomd FAIL REGISTER TEMPORARILY_UNAVAILABLE * :No account can be made now',
  ])
})

test('a silent client gets a PING, and ERROR when it does not answer', async () => {
  const { guest } = await serve({}, new IrcHeartbeat({ silenceMs: 80, answerMs: 160 }))
  const ann = await guest('ann')
  expect(await ann.until(/^PING/)).toEqual(['PING :roomd'])
  ann.send('PONG :roomd')
  expect(await ann.until(/^ERROR/)).toEqual(['PING :roomd', 'ERROR :Closing link: ping timeout'])
  await ann.closed
})
