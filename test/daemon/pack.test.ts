import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import split2 from 'split2'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { LINE_ONLY } from '../support/process.ts'

const root = resolve(import.meta.dirname, '../..')

test('the packed package, installed elsewhere, has a working roomd', { timeout: 120_000 }, async () => {
  const path = temporaryFolder()
  execFileSync('npm', ['pack', '--silent', '--pack-destination', path], { cwd: root })
  const [tarball = ''] = readdirSync(path)
  writeFileSync(join(path, 'package.json'), '{ "private": true }')
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', ['install', ...quiet, join(path, tarball)], { cwd: path })
  // The command's first line asks for `node`: the one that runs this.
  const env = { ...LINE_ONLY, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  const child = spawn(join(path, 'node_modules/.bin/roomd'), ['--line', '0', '--http', '0', '--data', ':memory:'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const messages: string[] = []
  let page = ''
  let http = Number.NaN
  for await (const { msg, protocol, port } of child.stdout.pipe(split2(JSON.parse))) {
    messages.push(msg)
    if (protocol === 'http') http = port
    if (msg !== 'ready') continue
    page = await (await fetch(`http://127.0.0.1:${http}/`)).text()
    child.kill('SIGTERM')
  }
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(0)
  expect(messages).toEqual(['listening', 'listening', 'ready', 'stopping', 'stopped'])
  expect(page).toContain('<title>roomd</title>')
  // What the Redis engine reads beside its code.
  const packed = join(path, 'node_modules/roomd/dist')
  const scripts = globSync('src/engine/redis/scripts/*.lua', { cwd: root })
  expect(scripts.length).toBeGreaterThan(0)
  for (const script of scripts) expect(existsSync(join(packed, script)), script).toBe(true)
})
