/** What the tests of the client's commands share: members of rooms, and what was said in them. */
import { expect } from 'vitest'
import { LineClient } from '../support/client.ts'
import type { TestDaemon } from '../support/daemon.ts'
import { isReply } from '../support/stage.ts'

/** Result of a command that has succeeded and printed nothing. */
export const DONE = { status: 0, stdout: '', stderr: '' }

/** A client whose lines have succeeded. */
export async function member(daemon: TestDaemon, ...lines: readonly string[]): Promise<LineClient> {
  const made = await LineClient.connect(daemon)
  for (const line of lines) {
    made.send(line)
    const reply = (await made.until(isReply)).at(-1)
    expect(reply).toMatchObject({ type: 'commandResult' })
  }
  return made
}

/** The messages of a room. */
export async function messagesOf(daemon: TestDaemon, room: string) {
  const reader = await member(daemon, 'LOGIN reader', `JOIN ${room}`)
  reader.send('HISTORY kinds=message')
  const lines = await reader.rest()
  reader.socket.destroy()
  return lines.flatMap((line) => (line.type === 'history' ? [line.body] : []))
}

export async function bodiesOf(daemon: TestDaemon, room: string): Promise<string[]> {
  return (await messagesOf(daemon, room)).map(({ body }) => body)
}
