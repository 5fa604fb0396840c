/** docs/protocols/irc.md, section 9, point 49: an event is encoded once for all members that are shown the same. */
import { expect, test } from 'vitest'
import type { Chat } from '../../../src/chat/chat.ts'
import type { Room } from '../../../src/chat/session.ts'
import type { Event } from '../../../src/engine/event.ts'
import type { Cap } from '../../../src/protocols/irc/caps.ts'
import { IrcUsers } from '../../../src/protocols/irc/irc-users.ts'
import { IrcSession } from '../../../src/protocols/irc/session.ts'
import { variantOf } from '../../../src/protocols/irc/tagged-lines.ts'
import { IrcWire } from '../../../src/protocols/irc/wire.ts'
import type { ClientLink } from '../../../src/transport/conversation.ts'

const MEMBERS = 1_000
const room = { record: { id: 2, title: 'ops', slug: 'ops' } } as unknown as Room
const said = { kind: 'message', id: 1, at: 1, from: 'ann', body: 'hello', room: 2, verified: true } as unknown as Event

test('49. an event for 1,000 members is encoded once for each set of capabilities, and pushed once to each member', () => {
  const encoded: string[] = []
  const pack = (lines: readonly string[]) => {
    encoded.push(...lines)
    return Buffer.from(lines.join('\n'))
  }
  const chat = { users: { here: () => [] }, away: { of: () => undefined }, news: { watch() {} } } as unknown as Chat
  const users = new IrcUsers(chat)
  const wire = new IrcWire(pack, chat, users)
  const pushed: Buffer[][] = []
  const members = Array.from({ length: MEMBERS }, (_, n) => {
    const chunks: Buffer[] = []
    pushed.push(chunks)
    const outbox = { push: (chunk: Buffer) => void chunks.push(chunk) }
    const session = new IrcSession(wire, { outbox } as unknown as ClientLink, users)
    const caps: readonly Cap[] = n % 2 === 0 ? [] : ['account-tag', 'echo-message']
    for (const cap of caps) session.caps.add(cap)
    session.variant = variantOf(session.caps)
    session.name = `member${n}`
    return session
  })
  wire.deliver(room, [said], members)
  const line = ':ann!ann@account.roomd PRIVMSG #ops :hello'
  expect(encoded).toEqual([line, `@account=ann ${line}`])
  expect(pushed.map((chunks) => chunks.length)).toEqual(members.map(() => 1))
  expect(pushed.map(([chunk]) => chunk)).toEqual(pushed.map((_, n) => pushed[n % 2]?.[0]))
  expect(new Set(pushed.flat()).size).toBe(2)
})
