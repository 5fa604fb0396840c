/** docs/protocols/irc.md, sections 4, 6 and 8: a store and commands that fail, accounts that cannot be made, and clients that fall silent. */
import { Socket } from 'node:net'
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
  const { chat, engine } = await stage(options)
  const host = { chat, limits: socketOptions(), vitals: { version: 'test' } } as unknown as ProtocolHost
  const shown = { 'irc-replay': 0, motd: undefined }
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
  return { chat, engine, guest, port }
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
  expect(lines.at(-1)).toBe(':roomd FAIL CHATHISTORY MESSAGE_ERROR LATEST #ops :Messages could not be read, try again')
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

test('an owner whose connection ends while the key of a channel is checked gets no private messages any more', async () => {
  const { chat, engine, guest, port } = await serve()
  await chat.accounts.register('ann', PASSWORD, '127.0.0.1')
  const bob = await guest('bob')
  await bob.ask('JOIN #locked', 'MODE #locked +k opensesame')
  const follow = engine.logs.follow.bind(engine.logs)
  let followers = 0
  vi.spyOn(engine.logs, 'follow').mockImplementation((log, listener) => {
    const end = follow(log, listener)
    if (log !== 'inbox:ann') return end
    followers++
    return () => {
      followers--
      end()
    }
  })
  const ann = await IrcClient.register(port, 'ann', '', PASSWORD)
  expect(followers).toBe(1)
  const [checking, checked, closed, refused] = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  vi.spyOn(chat.passwords, 'check').mockImplementation(() => {
    checking?.resolve()
    return checked?.promise ?? Promise.resolve()
  })
  const [close, join] = [chat.close.bind(chat), chat.join.bind(chat)]
  vi.spyOn(chat, 'close').mockImplementation((session) => close(session).finally(closed?.resolve))
  vi.spyOn(chat, 'join').mockImplementation((...request) => join(...request).finally(refused?.resolve))
  ann.send('JOIN #locked opensesame')
  await checking?.promise
  if (ann.socket instanceof Socket) ann.socket.resetAndDestroy()
  await closed?.promise
  checked?.resolve()
  await refused?.promise
  expect(followers).toBe(0)
})
