/** The core on an engine in memory, without protocols. */
import { onTestFinished } from 'vitest'
import { Chat } from '../../src/chat/chat.ts'
import type { ChatOptions } from '../../src/chat/chat-options.ts'
import { Refusal, type RefusalCode } from '../../src/chat/refusal.ts'
import { Session, type Wire } from '../../src/chat/session.ts'
import type { MessageExtras } from '../../src/chat/speech.ts'
import { LocalEngine } from '../../src/engine/local/local.ts'

const CHEAP = { ln: 4, r: 8, p: 1 }
export const HERE = '127.0.0.1'

export const silent: Wire = {
  protocol: 'test',
  carriesPrivate: true,
  announce: () => {},
  deliver: () => {},
  putOut: () => {},
}

export async function stage(options: Partial<ChatOptions> = {}) {
  const engine = new LocalEngine(
    {
      file: ':memory:',
      sync: 'normal',
      keep: { days: 0, events: 0 },
      lobby: 'lobby',
      memory: { events: 1_000, bytes: 1_000_000 },
    },
    { trouble: () => {}, recovered: () => {}, died: () => {} },
  )
  await engine.start()
  onTestFinished(() => engine.stop())
  const time = { now: 0 }
  const chat = new Chat(engine, { maxText: 4_000, now: () => time.now, cost: CHEAP, ...options })
  const guest = async (name: string, room?: string | number, wire = silent, address = '') => {
    const session = new Session(wire, lifeline(address))
    await chat.login(session, name)
    if (room !== undefined) await enter(chat, session, room)
    return session
  }
  const owner = async (name: string, secret: string) => {
    const session = new Session(silent)
    await chat.login(session, await chat.accounts.authenticate(name, secret, HERE))
    return session
  }
  return { engine, chat, time, guest, owner }
}

/** Joins a room and leaves the one it was in, as protocols with one room at a time do. */
export async function enter(chat: Chat, session: Session, which: number | string, unlocked = false) {
  const record = unlocked ? await chat.rooms.find(which) : undefined
  return (await chat.join(session, which, { unlocked: record, moves: true })).room.record
}

/** Leaves the only room. */
export async function leave(chat: Chat, session: Session) {
  if (session.membership) await chat.leave(session.membership)
}

export async function say(chat: Chat, session: Session, text: string, extras?: MessageExtras) {
  return chat.messages.say(session.inRoom(), text, extras)
}

export async function tell(chat: Chat, session: Session, to: string, text: string) {
  return chat.messages.tell(session.inRoom(), to, text)
}

/** A connection that is there, and says why it was ended. */
export function lifeline(address: string) {
  const ended: string[] = []
  return { address, mayBeEnding: false, isGone: false, ended, disconnect: (reason: string) => void ended.push(reason) }
}

export async function reasonOf(work: Promise<unknown>): Promise<RefusalCode | 'none'> {
  return work.then(
    () => 'none' as const,
    (error: unknown) => {
      if (error instanceof Refusal) return error.code
      throw error
    },
  )
}

/** A wire that writes down what each session is told. */
export function recorder() {
  const told = new Map<Session, string[]>()
  const tell = (session: Session, text: string) => told.set(session, [...(told.get(session) ?? []), text])
  const wire: Wire = {
    protocol: 'test',
    carriesPrivate: true,
    announce: () => {},
    deliver: (_room, events, members) => {
      for (const session of members) for (const { kind, from } of events) tell(session, `${kind} ${from}`)
    },
    putOut: (_room, session, why) => tell(session, why),
  }
  return { wire, toldTo: (session: Session) => told.get(session) ?? [] }
}
