/** docs/protocols/irc.md, section 9, point 32: the history of what is stored. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Event, idAt } from '../../../src/engine/event.ts'
import { LocalImport } from '../../../src/engine/local/import.ts'
import { IrcClient } from '../../clients/irc.ts'
import { seed } from '../../engine/clock-back.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { engineAt } from '../../transfer/world.ts'
import { PASSWORD, tagOf } from './suite.ts'

const CAPS = 'draft/chathistory batch server-time message-tags'

/** The lines of a batch of CHATHISTORY. */
async function read(client: IrcClient, request: string): Promise<string[]> {
  return (await client.ask(`CHATHISTORY ${request}`)).slice(1, -1)
}

async function daemonAt(data: string): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const daemon = await startTestDaemon({ irc: 0, data })
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= daemon.stop())
  onTestFinished(stop)
  return { port: daemon.port('irc'), stop }
}

test('32. a time means a whole millisecond, with all of its messages', async () => {
  const data = temporaryFolder()
  const engine = await engineAt(data)
  const times: number[] = []
  for (let batch = 1; batch <= 5; batch++) {
    // One commit has one time.
    const said = await Promise.all(
      [1, 2, 3].map((n) =>
        engine.logs.append('room:1', { kind: 'message', room: 1, from: 'Ann', body: `${batch}.${n}` }),
      ),
    )
    expect(new Set(said.map(({ at }) => at)).size).toBe(1)
    times.push(said[0]?.at ?? 0)
    while (Date.now() <= (said[0]?.at ?? 0)) await new Promise(setImmediate)
  }
  await engine.stop()
  const { port } = await daemonAt(data)
  const ann = await IrcClient.register(port, 'ann', CAPS)
  await ann.ask('JOIN #lobby')
  const bodies = async (request: string) => (await read(ann, request)).map((line) => line.split(' :').at(-1))
  const time = (batch: number) => `timestamp=${new Date(times[batch - 1] ?? 0).toISOString()}`
  const whole = (...batches: number[]) => batches.flatMap((batch) => [1, 2, 3].map((n) => `${batch}.${n}`))
  expect(await bodies(`AFTER #lobby ${time(3)} 20`)).toEqual(whole(4, 5))
  expect(await bodies(`AFTER #lobby ${time(3)} 2`)).toEqual(['4.1', '4.2'])
  expect(await bodies(`LATEST #lobby ${time(3)} 20`)).toEqual(whole(4, 5))
  expect(await bodies(`BEFORE #lobby ${time(3)} 20`)).toEqual(whole(1, 2))
  expect(await bodies(`BETWEEN #lobby ${time(1)} ${time(5)} 20`)).toEqual(whole(2, 3, 4))
  expect(await bodies(`BETWEEN #lobby ${time(5)} ${time(1)} 20`)).toEqual(whole(2, 3, 4))
  expect(await bodies(`BETWEEN #lobby ${time(3)} ${time(3)} 20`)).toEqual([])
  expect(await bodies(`AROUND #lobby ${time(3)} 6`)).toEqual(whole(3, 4))
  expect(await bodies('BEFORE #lobby timestamp=0001-01-01T00:00:00.000Z 20')).toEqual([])
  expect(await bodies('AFTER #lobby timestamp=9999-01-01T00:00:00.000Z 20')).toEqual([])
})

test('32. what was said after the clock had gone back is behind what was said before', async () => {
  const data = temporaryFolder()
  const now = Date.now()
  const hour = 3_600_000
  const events = [
    [idAt(now - 2 * hour), now - 2 * hour],
    [idAt(now + hour), now + hour],
    [idAt(now + hour) + 1, now - hour],
    [idAt(now + hour) + 2, now - 30_000],
  ].map(([id = 0, at = 0], n): Event => ({ id, at, kind: 'message', room: 1, from: 'Bob', body: `${n}` }))
  await seed(LocalImport.open(join(data, 'roomd.db')), 'room:1', events)
  const { port } = await daemonAt(data)
  const ann = await IrcClient.register(port, 'ann', CAPS)
  await ann.ask('JOIN #lobby')
  const bodies = async (request: string) => (await read(ann, request)).map((line) => line.split(' :').at(-1)).join('')
  const id = (n: number) => `msgid=${events[n]?.id}`
  expect(await bodies(`AFTER #lobby ${id(1)} 9`)).toBe('23')
  expect(await bodies(`LATEST #lobby ${id(1)} 9`)).toBe('23')
  expect(await bodies(`AROUND #lobby ${id(1)} 4`)).toBe('0123')
  expect(await bodies(`BETWEEN #lobby ${id(0)} ${id(3)} 9`)).toBe('12')
  // Events that the log does not have, or not any more.
  expect(await bodies(`AFTER #lobby msgid=${idAt(now - 3 * hour)} 3`)).toBe('012')
  expect(await bodies(`AFTER #lobby msgid=${idAt(now + 2 * hour)} 9`)).toBe('')
  expect(await bodies(`LATEST #lobby msgid=${idAt(now - 3 * hour)} 3`)).toBe('123')
})

test('32. private messages of earlier versions have the ids of the inbox that is read', async () => {
  const data = temporaryFolder()
  const before = await daemonAt(data)
  const maker = await IrcClient.register(before.port, 'olga')
  await maker.ask(`REGISTER * * :${PASSWORD}`)
  await before.stop()
  const engine = await engineAt(data)
  const told: Event[] = []
  for (const [from, to] of [
    ['olga', 'bob'],
    ['bob', 'olga'],
    ['olga', 'bob'],
  ] as const) {
    told.push(await engine.logs.append('inbox:olga', { kind: 'private', room: 0, from, to, body: 'x' }))
  }
  await engine.stop()
  const { port } = await daemonAt(data)
  const olga = await IrcClient.register(port, 'olga', CAPS, PASSWORD)
  const ids = told.map(({ id }) => String(id))
  const found = async (request: string) => (await read(olga, request)).map((line) => tagOf(line, 'msgid'))
  expect(await found('LATEST bob * 10')).toEqual(ids)
  expect(await found(`AFTER bob msgid=${ids[0]} 10`)).toEqual(ids.slice(1))
  expect(await found(`BEFORE bob msgid=${ids[2]} 10`)).toEqual(ids.slice(0, 2))
  expect(await found(`AROUND bob msgid=${ids[1]} 1`)).toEqual([ids[1]])
})
