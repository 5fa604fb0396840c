import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import split2 from 'split2'
import { afterAll, expect, test } from 'vitest'
import { readLine } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'

const path = temporaryFolder()
const daemon = new RoomdProcess(['--line', '0', '--data', path])
afterAll(async () => {
  daemon.child.kill('SIGKILL')
  await daemon.exit
})

/** The kernel refuses to let any file of the process grow past so many bytes, as a full disk would. */
function allowFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(daemon.child.pid), `--fsize=${bytes}:`])
}

interface Line {
  result?: string | null
  error?: string
  type: string
  body: { type: string; body: string }
}

class Talker {
  readonly socket: Socket
  readonly #lines: AsyncIterator<Line>

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.#lines = this.socket.pipe(split2(readLine))[Symbol.asyncIterator]()
  }

  /** The reply to a line; events in between are passed over. */
  async ask(line: string): Promise<string | null | undefined> {
    this.socket.write(`${line}\n`)
    for (;;) {
      const { value } = await this.#lines.next()
      if (value.type === 'commandResult' || value.type === 'error') return value.result ?? value.error
    }
  }
}

test('a full disk answers errors, keeps connections, loses nothing acknowledged, and recovers', async () => {
  const port = await daemon.ready()
  const ann = new Talker(port)
  await ann.ask('LOGIN ann')
  await ann.ask('JOIN ops')
  const acknowledged: string[] = []
  expect(await ann.ask('before')).toBe('OK')
  acknowledged.push('before')

  allowFiles(statSync(join(path, 'roomd.db-wal')).size + 40_000)
  let refused = 0
  for (let n = 0; refused < 3; n++) {
    const text = `${n} ${'x'.repeat(1_000)}`
    const reply = await ann.ask(text)
    if (reply === 'OK') acknowledged.push(text)
    else {
      expect(reply).toBe('Temporarily unavailable')
      refused++
    }
  }
  expect(await ann.ask('/ping')).toBe('PONG')
  expect(await ann.ask('JOIN other')).toBe('Temporarily unavailable')

  allowFiles('unlimited')
  expect(await ann.ask('after')).toBe('OK')
  acknowledged.push('after')
  await daemon.logged('commits work again')
  expect(daemon.log.filter(({ msg }) => String(msg).startsWith('cannot commit'))).toHaveLength(1)
  expect(daemon.log.filter(({ msg }) => msg === 'commits work again')).toHaveLength(1)

  const reader = connect(port, '127.0.0.1')
  reader.end('LOGIN bob\nJOIN ops\nHISTORY\n')
  const kept: string[] = []
  for await (const { type, body } of reader.pipe(split2(readLine))) {
    if (type === 'history' && body.type === 'message') kept.push(body.body)
  }
  expect(kept).toEqual(acknowledged)
  ann.socket.destroy()
})
