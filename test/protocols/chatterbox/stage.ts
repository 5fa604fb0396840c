/** A daemon and Chatterbox clients for one test; all that they were sent is checked when the test is done. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import split2 from 'split2'
import { expect, onTestFinished, type TestContext } from 'vitest'
import { dumps } from '../../../src/protocols/chatterbox/dumps.ts'
import { HEADER_BYTES } from '../../../src/transport/frames.ts'
import { certificate } from '../../support/certificate.ts'
import { LineClient, type Transport } from '../../support/client.ts'
import { type Overrides, startTestDaemon } from '../../support/daemon.ts'
import { type Frame, FrameClient } from '../../support/frames.ts'
import { needPython } from '../../support/python.ts'

export const SECOND = 1_524_700_000
export type ChatterboxEntry = readonly unknown[]

const naiveFile = resolve(import.meta.dirname, 'naive.py')

export class BoxClient {
  readonly raw: FrameClient
  name = ''
  #marks = 0

  constructor(raw: FrameClient) {
    this.raw = raw
  }

  /** Asks for a name and gives the reply. */
  async login(name: string): Promise<Frame> {
    const reply = await this.raw.ask({ USERNAME: name })
    if (reply.USERNAME_ACCEPTED === true) this.name = name
    return reply
  }

  entry(dest: string, content: string, timestamp = SECOND): ChatterboxEntry {
    return [this.name, dest, timestamp, content]
  }

  /** Sends entries in one frame. */
  send(...entries: unknown[]): void {
    this.raw.send({ MESSAGES: entries })
  }

  say(content: string, dest = 'ALL', timestamp = SECOND): void {
    this.send(this.entry(dest, content, timestamp))
  }

  /** Everything that came, and that the frames sent so far bring: the answer to a command is behind it all. */
  async rest(): Promise<Frame[]> {
    const mark = this.#marks++
    this.say('/Name', this.name, mark)
    for (const frames: Frame[] = []; ; ) {
      const frame = await this.raw.next()
      if (messagesOf(frame).some(([src, dest, at]) => src === this.name && dest === src && at === mark)) return frames
      frames.push(frame)
    }
  }

  /** The messages among them, which is all there may be. */
  async heard(): Promise<ChatterboxEntry[]> {
    const frames = await this.rest()
    expect(frames.flatMap(Object.keys).filter((key) => key !== 'MESSAGES')).toEqual([])
    return frames.flatMap(messagesOf)
  }

  /** The text that answers a command. */
  async command(content: string, dest = this.name): Promise<unknown> {
    const frame = await this.raw.ask({ MESSAGES: [this.entry(dest, content)] })
    expect(frame).toEqual({ MESSAGES: [[this.name, this.name, SECOND, expect.any(String)]] })
    return messagesOf(frame)[0]?.[3]
  }
}

export function messagesOf(frame: Frame): ChatterboxEntry[] {
  return (frame.MESSAGES as ChatterboxEntry[] | undefined) ?? []
}

/** The names of those who are online, in a reply whose list is of objects. */
export function onlineIn(reply: Frame): string[] {
  const users = reply.USER_LIST as { readonly name: string; readonly active: boolean }[]
  return users.filter(({ active }) => active).map(({ name }) => name)
}

/** The original client, as far as it matters. */
export class NaiveClient {
  readonly #child: ChildProcess
  readonly #seen: [string, unknown][] = []
  #wake = Promise.withResolvers<void>()

  constructor(port: number, form: 'names' | 'objects') {
    this.#child = spawn('python3', ['-I', naiveFile, String(port), certificate().certFile, form], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    // What it does not take any more shows in what it does not say.
    this.#child.stdin?.on('error', () => {})
    this.#child.stdout?.pipe(split2(JSON.parse)).on('data', (seen: [string, unknown]) => {
      this.#seen.push(seen)
      this.#wake.resolve()
    })
  }

  send(...frames: Frame[]): void {
    this.#child.stdin?.write(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(''))
  }

  /** What its user sees, up to the first of which this is true. */
  async until(done: (what: string, value: unknown) => boolean): Promise<[string, unknown][]> {
    for (const seen: [string, unknown][] = []; ; ) {
      const next = this.#seen.shift()
      if (next) {
        seen.push(next)
        if (done(...next)) return seen
        if (next[0] === 'end') throw new Error(`the client has ended: ${JSON.stringify(seen.slice(-3))}`)
      } else {
        this.#wake = Promise.withResolvers()
        await this.#wake.promise
      }
    }
  }

  async login(name: string): Promise<[string, unknown][]> {
    this.send({ USERNAME: name })
    return this.until((what) => what === 'online' || what === 'error' || what === 'refused')
  }

  /** Ends without a word, as on /Quit. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'close')
  }
}

export type BoxStage = Awaited<ReturnType<typeof boxStage>>

export async function boxStage(overrides: Overrides = {}, transport: Transport = 'TLS') {
  const start = () => startTestDaemon({ chatterbox: 0, 'chatterbox-plain': 0, ...overrides })
  let daemon = await start()
  const clients: BoxClient[] = []
  const ends: (() => unknown)[] = []
  onTestFinished(async () => {
    for (const { raw } of clients) raw.socket.destroy()
    for (const end of ends) await end()
    await daemon.stop()
    for (const { raw } of clients) checkBytes(raw.chunks)
  })
  const connect = async () => {
    const port = daemon.port(transport === 'TLS' ? 'chatterbox' : 'chatterbox-plain')
    const client = new BoxClient(await FrameClient.connect(port, transport))
    clients.push(client)
    return client
  }
  const login = async (name: string) => {
    const client = await connect()
    expect(await client.login(name)).toMatchObject({ USERNAME_ACCEPTED: true })
    return client
  }
  return {
    connect,
    login,
    port: (protocol: string) => daemon.port(protocol),
    /** Who are in the chat and have seen one another come. */
    async together<const Names extends readonly string[]>(...names: Names) {
      const members: BoxClient[] = []
      for (const name of names) members.push(await login(name))
      for (const member of members) await member.rest()
      // One for each name.
      return members as { [K in keyof Names]: BoxClient }
    },
    /** A member of another protocol. */
    async line(name: string): Promise<LineClient> {
      const client = await LineClient.connect(daemon)
      ends.push(() => client.socket.destroy())
      client.send(`LOGIN ${name}`, 'JOIN lobby')
      await client.take(3)
      return client
    },
    naive(context: TestContext, form: 'names' | 'objects'): NaiveClient {
      needPython(context)
      const client = new NaiveClient(daemon.port('chatterbox'), form)
      ends.push(() => client.kill())
      return client
    },
    async restart(): Promise<void> {
      await daemon.stop()
      daemon = await start()
    },
  }
}

const BRACE = 0x7b

/** Every frame has a plain header, is ASCII, is one write up to the size of a record, and says something. */
function checkBytes(chunks: readonly Buffer[]): void {
  const starts = new Set<number>()
  for (let at = 0, index = 0; index < chunks.length; at += chunks[index++]?.length ?? 0) starts.add(at)
  const bytes = Buffer.concat(chunks)
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const payload = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length)
    const header = bytes.subarray(at, at + HEADER_BYTES)
    // A client that was closed may have half a frame.
    if (payload.length < length) return
    if (header.includes(BRACE) || payload.some((byte) => byte > 0x7f)) expect.fail(`a frame of ${length} bytes`)
    if (!starts.has(at)) expect.fail('a frame begins within what was read for another one')
    const frame = JSON.parse(payload.toString('latin1'))
    // What a header needs stands behind the brace; the rest is as Python writes it.
    expect(payload.toString('latin1').replace(/^\{ +/, '{')).toBe(dumps(frame))
    if (!('USERNAME_ACCEPTED' in frame)) expect(frame.MESSAGES).not.toEqual([])
    at += HEADER_BYTES + length
  }
}
