/** `roomd export --output`: what it writes to where there is something already. */
import { execFileSync } from 'node:child_process'
import { createReadStream, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { fillMany } from './many.ts'
import { content, run } from './world.ts'

test('a link leads to the export afterwards, and a pipe is written to', async () => {
  const [data, folder] = [temporaryFolder(), temporaryFolder()]
  const [file, link, pipe] = [join(folder, 'file'), join(folder, 'link'), join(folder, 'pipe')]
  await fillMany(data, 1, 3)
  const expected = content((await run('export', '--data', data).exit).stdout)
  writeFileSync(file, 'an earlier export')
  symlinkSync('file', link)
  expect((await run('export', '--data', data, '--output', link).exit).status).toBe(0)
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(content(readFileSync(file, 'utf8'))).toBe(expected)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  execFileSync('mkfifo', [pipe])
  const [read, { status }] = await Promise.all([
    text(createReadStream(pipe)),
    run('export', '--data', data, '--output', pipe).exit,
  ])
  expect([content(read), status]).toEqual([expected, 0])
})

test('a disk that is full is named as such', async () => {
  const data = temporaryFolder()
  await fillMany(data, 1, 3)
  expect(await run('export', '--data', data, '--output', '/dev/full').exit).toMatchObject({
    status: 1,
    stderr: 'roomd: cannot write the export: the disk is full\n',
  })
})
