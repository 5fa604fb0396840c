/** A daemon with the Chatroom protocol and its clients, for one test. */
import { expect, onTestFinished } from 'vitest'
import { LineClient } from './client.ts'
import { type Overrides, startTestDaemon, type TestDaemon } from './daemon.ts'
import { type Frame, FrameClient } from './frames.ts'
import { keptLog } from './log.ts'

/** Longer than the gap between two pushes of a list. */
const QUIET_MS = 400

/** The secret of everybody here; long enough to be looked for. */
export const PASSWORD = 'zebra-umbrella-1234'

export interface ChatroomDaemon extends TestDaemon {
  readonly chatroom: number
  /** Everything logged, at the lowest level. */
  log(): string
}

export async function startChatroom(overrides: Overrides = {}): Promise<ChatroomDaemon> {
  const { log, logged } = keptLog()
  const daemon = await startTestDaemon({ chatroom: 0, ...overrides }, log)
  return { ...daemon, chatroom: daemon.port('chatroom'), log: logged }
}

/** A client that holds every frame against the model. */
export class ChatroomClient {
  readonly frames: FrameClient

  private constructor(frames: FrameClient) {
    this.frames = frames
  }

  static async connect(port: number, localAddress?: string): Promise<ChatroomClient> {
    return new ChatroomClient(await FrameClient.connect(port, 'TLS', localAddress))
  }

  send(...requests: Frame[]): void {
    this.frames.send(...requests)
  }

  async next(): Promise<Frame> {
    return checkModel(await this.frames.next())
  }

  async take(count: number): Promise<Frame[]> {
    return (await this.frames.take(count)).map(checkModel)
  }

  ask(request: Frame): Promise<Frame> {
    this.send(request)
    return this.next()
  }

  /** The next frame that fits; the others are let go by. */
  async until(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const frame = await this.next()
      if (fits(frame)) return frame
    }
  }

  /** The frames up to the first that fits, this one included. */
  async upTo(fits: (frame: Frame) => boolean): Promise<Frame[]> {
    for (const frames: Frame[] = []; ; ) {
      const frame = await this.next()
      frames.push(frame)
      if (fits(frame)) return frames
    }
  }

  /** Everything that comes until nothing can be on its way any more. */
  async settled(): Promise<Frame[]> {
    // On a busy machine the daemon is as late as this timer.
    for (let before = -1, late = true; late || this.frames.waiting !== before; ) {
      before = this.frames.waiting
      const start = performance.now()
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
      late = performance.now() - start > 1.25 * QUIET_MS
    }
    return this.frames.now().map(checkModel)
  }
}

/** docs/protocols/chatroom.md, section 1, for what a server says. */
export function checkModel(frame: Frame): Frame {
  expect(frame.type).toBeTypeOf('string')
  expect(['ok', 'error']).toContain(frame.status)
  const { type, status, message, data } = frame
  if (message !== undefined) expect(message).toBeTypeOf('string')
  if (data !== undefined) expect(Object.prototype.toString.call(data)).toBe('[object Object]')
  if (status === 'error' || ['register', 'create', 'logout'].includes(String(type))) expect(message).toBeDefined()
  if (type === 'list' || (type === 'list_room' && status === 'ok')) {
    for (const names of Object.values(data as object))
      expect(names.every((n: unknown) => typeof n === 'string')).toBe(true)
  }
  return frame
}

export async function chatroomStage(overrides?: Overrides) {
  const daemon = await startChatroom(overrides)
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await daemon.stop()
  })
  const connect = async () => {
    const client = await ChatroomClient.connect(daemon.chatroom)
    sockets.push(client.frames.socket)
    return client
  }
  /** A client of the line protocol. */
  const line = async (name: string) => {
    const client = await LineClient.connect(daemon)
    sockets.push(client.socket)
    await client.ask(`LOGIN ${name}`)
    return client
  }
  const login = async (username: string) => {
    const client = await connect()
    await client.ask(register(username))
    expect(await client.ask(logIn(username))).toMatchObject({ type: 'login', status: 'ok' })
    await client.until(({ type }) => type === 'list')
    return client
  }
  /** Members of a room who have seen one another come, and nothing is on its way to them. */
  const together = async <const Names extends readonly string[]>(room: string, ...names: Names) => {
    const clients: ChatroomClient[] = []
    for (const name of names) clients.push(await login(name))
    await clients[0]?.ask(create(room))
    for (const client of clients) {
      client.send(enter(room))
      await client.until(({ type }) => type === 'enter')
    }
    for (const client of clients) await client.until(({ data }) => members(data, room)?.length === names.length)
    return clients as unknown as { [K in keyof Names]: ChatroomClient }
  }
  return { daemon, connect, line, login, together }
}

function members(data: unknown, room: string): unknown[] | undefined {
  return (data as Record<string, unknown[]> | undefined)?.[room]
}

export const register = (username: string, password = PASSWORD) => ({ type: 'register', data: { username, password } })
export const logIn = (username: string, password = PASSWORD) => ({ type: 'login', data: { username, password } })
export const create = (room: string) => ({ type: 'create', data: { room } })
export const enter = (room: string) => ({ type: 'enter', data: { room } })
export const say = (text: string, to = 'public', from = 'sender') => ({ type: 'msg', data: { from, to, text } })
export const error = (type: string, message: string) => ({ type, status: 'error', message })
export const said = (from: string, text: string, to = 'public') => ({
  type: 'msg',
  status: 'ok',
  data: { to, from, text },
})
export const inRoom = (room: string, ...names: string[]) => ({
  type: 'list_room',
  status: 'ok',
  data: { [room]: names },
})
/** The list of the lobby, `Public Chat` empty. */
export const inLobby = (lobby: string[], rooms: Record<string, string[]> = {}) => ({
  type: 'list',
  status: 'ok',
  data: { lobby, 'Public Chat': [], ...rooms },
})
