import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import split2 from 'split2'
import { afterAll, expect, test } from 'vitest'
import { clean } from '../../src/chat/text.ts'
import { readLine } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'

/** `SOAK=1` makes them more. */
const LINES = process.env.SOAK ? 100_000 : 30_000

/** Changelogs of the packages on this machine: text that nobody has made for this test. */
function changelogs(): string[] {
  const lines: string[] = []
  while (lines.length < LINES) {
    const before = lines.length
    for (const name of readdirSync('/usr/share/doc')) {
      try {
        const text = gunzipSync(readFileSync(`/usr/share/doc/${name}/changelog.Debian.gz`)).toString()
        lines.push(...text.split('\n').filter((line) => isSaid(line)))
      } catch {
        // Not every package has one.
      }
      if (lines.length >= LINES) break
    }
    if (lines.length === before) throw new Error('no changelogs in /usr/share/doc')
  }
  return lines.slice(0, LINES)
}

const isSaid = (line: string) =>
  clean(line) === line && line !== '' && !/^(\/|LEAVE|LEFT|JOIN|LOGIN|HISTORY|MESSAGE)/.test(line)

const path = temporaryFolder()
const daemon = new RoomdProcess(['--line', '0', '--data', path, '--max-rate', '0'])
afterAll(async () => {
  daemon.child.kill('SIGTERM')
  await daemon.exit
})

test(`${LINES} lines of changelogs: all arrive, once, in order, and HISTORY says the same`, async () => {
  const lines = changelogs()
  const port = await daemon.ready()

  const follower = connect(port, '127.0.0.1')
  const followed: string[] = []
  const { promise: complete, resolve } = Promise.withResolvers<void>()
  const { promise: joined, resolve: join } = Promise.withResolvers<void>()
  follower.pipe(split2(JSON.parse)).on('data', ({ type, from, body }) => {
    if (type === 'userJoined' && from === 'eyes') join()
    if (type === 'message' && followed.push(body) === LINES) resolve()
  })
  follower.write('LOGIN eyes\nJOIN logs\n')
  await joined

  const pipe = connect(port, '127.0.0.1')
  let acknowledged = 0
  pipe.pipe(split2(JSON.parse)).on('data', ({ result }) => {
    if (result === 'OK') acknowledged++
  })
  pipe.end(`LOGIN cat\nJOIN logs\n${lines.join('\n')}\n`)
  await Promise.all([once(pipe, 'close'), complete])
  expect(acknowledged).toBe(LINES)
  expect(followed).toEqual(lines)

  const reader = connect(port, '127.0.0.1')
  reader.end('LOGIN late\nJOIN logs\nHISTORY\n')
  const history: string[] = []
  for await (const { type, body } of reader.pipe(split2(readLine))) {
    if (type === 'history' && body.type === 'message') history.push(body.body)
  }
  expect(history).toEqual(lines)
  follower.destroy()
})
