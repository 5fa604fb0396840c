/** A daemon and its clients for one test; all are gone when the test is done. */
import { expect, onTestFinished } from 'vitest'
import type { ErrorReply, ServerLine } from '../../commands/replies.ts'
import { isWebSocket, LineClient, type Mode, type Transport } from './client.ts'
import { type Overrides, startTestDaemon } from './daemon.ts'

/** How clients reach the daemon. */
export interface Way {
  readonly transport: Transport
  readonly mode: Mode
}

export interface Stage {
  connect(): Promise<LineClient>
  login(name: string): Promise<LineClient>
  /** Members of one room, who have seen one another come. */
  together<const Names extends readonly string[]>(
    room: string,
    ...names: Names
  ): Promise<{ [K in keyof Names]: LineClient }>
  stop(): Promise<void>
}

function listenerOf(transport: Transport): Overrides {
  if (isWebSocket(transport)) return { http: 0, 'http-tls': transport === 'WSS' }
  return transport === 'TLS' ? { 'line-tls': 0 } : {}
}

export async function stage({ transport, mode }: Way, overrides?: Overrides): Promise<Stage> {
  const daemon = await startTestDaemon({ ...listenerOf(transport), ...overrides })
  const clients: LineClient[] = []
  onTestFinished(async () => {
    for (const { socket } of clients) socket.destroy()
    await daemon.stop()
    for (const { failure } of clients) if (failure) throw failure
  })

  const connect = async () => {
    const client = await LineClient.connect(daemon, transport, mode)
    clients.push(client)
    return client
  }
  const login = async (name: string) => {
    const client = await connect()
    await client.ask(`LOGIN ${name}`)
    return client
  }
  return {
    connect,
    login,
    async together(room, ...names) {
      const members: LineClient[] = []
      for (const name of names) {
        const member = await login(name)
        members.push(member)
        member.send(`JOIN ${room}`)
        for (const each of members) await each.until(({ type }) => type === 'userJoined')
      }
      // One for each name.
      return members as { [K in keyof typeof names]: LineClient }
    },
    stop: () => daemon.stop(),
  }
}

/** The bodies of the records that HISTORY gives. */
export async function history(client: LineClient, request = 'HISTORY') {
  client.send(request)
  return (await client.rest()).flatMap((line) => (line.type === 'history' ? [line.body] : []))
}

export const result = (text: string | null) => ({ type: 'commandResult', result: text })
export const ok = result('OK')
/** An error line with this text, and whatever else it has; test/protocols/line/errors.test.ts has the codes. */
export const error = (text: string, more: Partial<ErrorReply> = {}) =>
  expect.objectContaining({ type: 'error', error: text, ...more })
export const said = (from: string, body: string) => ({ type: 'message', from, body })
export const joined = (from: string) => ({ type: 'userJoined', from, body: `User ${from} has joined the room` })
export const left = (from: string) => ({ type: 'userLeft', from, body: `User ${from} has left the room` })

export const isReply = ({ type }: ServerLine) => type === 'commandResult' || type === 'error'
