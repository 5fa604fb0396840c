import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import split2 from 'split2'
import { expect, onTestFinished, test } from 'vitest'
import { LocalImport } from '../../src/engine/local/import.ts'
import { eventsUntil, seed } from '../engine/clock-back.ts'
import { readLine } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'

test('after the clock was a year ahead, clients see the right time, and the log says once what was wrong', async () => {
  const data = temporaryFolder()
  const events = eventsUntil(Date.now())
  await seed(LocalImport.open(join(data, 'roomd.db')), 'room:1', events)
  const daemon = new RoomdProcess(['--line', '0', '--data', data])
  onTestFinished(() => void daemon.child.kill('SIGKILL'))
  const socket = connect(await daemon.ready(), '127.0.0.1')
  socket.end('LOGIN ann\nJOIN lobby\nhello\nHISTORY -1h limit=2\n')
  const lines: { type: string; utctimestamp: string; id: string; body: { body: string; utctimestamp: string } }[] = []
  socket.pipe(split2(readLine)).on('data', (line) => lines.push(line))
  await once(socket, 'close')
  const told = lines.filter(({ type }) => type === 'userJoined' || type === 'message')
  expect(told).toHaveLength(2)
  for (const { utctimestamp, id } of told) {
    expect(Math.abs(Date.parse(`${utctimestamp}Z`) - Date.now())).toBeLessThan(60_000)
    expect(Number(id)).toBeGreaterThan(events.at(-1)?.id ?? 0)
  }
  const kept = lines.filter(({ type }) => type === 'history')
  expect(kept.map(({ body }) => body.utctimestamp)).toEqual(told.map(({ utctimestamp }) => utctimestamp))
  const warnings = daemon.log.filter(({ level }) => level === 40)
  expect(warnings).toMatchObject([{ seconds: expect.any(Number), msg: expect.stringMatching(/^the clock went back/) }])
  expect(Number(warnings[0]?.seconds)).toBeGreaterThan(300 * 86_400)
})
