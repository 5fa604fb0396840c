/** Operators and their targets at the line protocol, each at a daemon of its own or at the same. */
import { expect, onTestFinished } from 'vitest'
import type { ServerLine } from '../../../commands/replies.ts'
import { LineClient } from '../../support/client.ts'
import type { TestDaemon } from '../../support/daemon.ts'

/** Where those who act are, and those whom it concerns. */
export interface Sites {
  readonly actor: TestDaemon
  readonly target: TestDaemon
}

export const PASSWORD = 'secret of hers'
/** An address for a client of a test that bans by address. */
let lastAddress = 1
export const anotherAddress = () => `127.0.1.${++lastAddress}`

export const OK = { type: 'commandResult', result: 'OK' }
export const isReply = ({ type }: ServerLine) => type === 'commandResult' || type === 'error'

/** An event in a few words. */
export function words(line: ServerLine): string {
  if (line.type === 'commandResult' || line.type === 'error' || line.type === 'notice' || line.type === 'history')
    return ''
  const { type, from, body } = line
  const what = 'flag' in line ? line.flag : 'role' in line ? line.role : 'target' in line ? 'message' : undefined
  const off = 'on' in line && !line.on ? 'off' : undefined
  const value = 'value' in line ? line.value : undefined
  const said = type === 'userJoined' || type === 'userLeft' ? '' : body
  return [type, from, 'to' in line ? line.to : '', what, off, value, said].filter((part) => part).join(' ')
}

/** A client that is asked for replies, and hears events, whichever comes first. */
export class Moderated {
  readonly line: LineClient
  readonly #events: ServerLine[] = []

  constructor(line: LineClient) {
    this.line = line
  }

  /** The reply to a line. */
  async ask(line: string): Promise<ServerLine> {
    this.line.send(line)
    for (;;) {
      const next = await this.line.next()
      if (isReply(next)) return next
      this.#events.push(next)
    }
  }

  /** The code of the error that answers a line, or its result. */
  async outcome(line: string): Promise<string | null | undefined> {
    const reply = await this.ask(line)
    if (reply.type === 'error') return reply.code
    return reply.type === 'commandResult' ? reply.result : undefined
  }

  /** The next event in these words; those before it are let go by. */
  async hears(text: string): Promise<ServerLine> {
    const seen: string[] = []
    try {
      for (;;) {
        const next = this.#events.shift() ?? (await this.line.next())
        if (words(next) === text) return next
        seen.push(words(next))
      }
    } catch (error) {
      throw new Error(`waited for "${text}", got ${JSON.stringify(seen)}`, { cause: error })
    }
  }

  /** The next notice; events before it are let go by. */
  async notice(): Promise<ServerLine> {
    for (;;) {
      const next = this.#events.shift() ?? (await this.line.next())
      if (next.type === 'notice') return next
    }
  }

  /** The records of HISTORY. */
  async history() {
    this.line.send('HISTORY')
    return (await this.line.rest()).flatMap((line) => (line.type === 'history' ? [line.body] : []))
  }

  /** How the presence of a user has changed, by HISTORY. */
  async presenceOf(name: string): Promise<string[]> {
    const records = await this.history()
    const ofWhom = (record: (typeof records)[number]) => ('user' in record ? record.user : record.from)
    return records.flatMap((record) => (record.type.startsWith('user') && ofWhom(record) === name ? [record.type] : []))
  }
}

/** A guest, in a room if there is one, from an address of its own. */
export async function guest(daemon: TestDaemon, name: string, room?: string, address?: string): Promise<Moderated> {
  const line = await LineClient.connect(daemon, 'TCP', 'whole', address)
  onTestFinished(() => void line.socket.destroy())
  const client = new Moderated(line)
  expect(await client.ask(`LOGIN ${name}`)).toMatchObject({ type: 'commandResult' })
  if (room !== undefined) await enter(client, name, room)
  return client
}

export async function enter(client: Moderated, name: string, room: string): Promise<void> {
  expect(await client.ask(`JOIN ${room}`)).toMatchObject({ result: `Joined room ${room}` })
  await client.hears(`userJoined ${name}`)
}

/** The owner of an account, which is made if need be. */
export async function owner(daemon: TestDaemon, name: string, room?: string, address?: string): Promise<Moderated> {
  const line = await LineClient.connect(daemon, 'TCP', 'whole', address)
  onTestFinished(() => void line.socket.destroy())
  const client = new Moderated(line)
  const reply = await client.ask(`LOGIN ${name} ${PASSWORD}`)
  if (reply.type === 'error') {
    await client.ask(`LOGIN ${name}`)
    expect(await client.ask(`/register ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
  }
  if (room !== undefined) await enter(client, name, room)
  return client
}

/** A room with the owner of an account who has made it, an operator and a member beside the target, and the target, a guest. */
export async function roomOf({ actor, target }: Sites, room: string) {
  const ann = await owner(actor, 'ann', room)
  const bob = await guest(target, 'bob', room, anotherAddress())
  await ann.hears('userJoined bob')
  const cat = await guest(target, 'cat', room, anotherAddress())
  await ann.hears('userJoined cat')
  return { ann, bob, cat }
}
