import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import split2 from 'split2'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { linkFolder } from '../support/linked.ts'
import { olderNode, refusalOf, runWith } from '../support/older-node.ts'
import { LINE_ONLY } from '../support/process.ts'

const root = resolve(import.meta.dirname, '../..')

/** Puts what the lock file has for production where npm would unpack it: npm checks it then, and asks nobody for it. */
function bringDependencies(path: string): void {
  const { packages }: { packages: Record<string, { dev?: boolean; bin?: Record<string, string> }> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  )
  mkdirSync(join(path, 'node_modules/.bin'), { recursive: true })
  for (const [place, { dev, bin = {} }] of Object.entries(packages)) {
    // The package itself, what is copied with the one it lies in, and what is for another platform.
    if (dev || place.split('node_modules/').length !== 2 || !existsSync(join(root, place))) continue
    linkFolder(join(root, place), join(path, place))
    for (const [name, file] of Object.entries(bin)) {
      symlinkSync(join('..', place.replace('node_modules/', ''), file), join(path, 'node_modules/.bin', name))
    }
  }
}

test('the packed package, installed elsewhere, has a working roomd', { timeout: 300_000 }, async () => {
  const path = temporaryFolder()
  execFileSync('npm', ['pack', '--silent', '--pack-destination', path], { cwd: root })
  const [tarball = ''] = readdirSync(path)
  writeFileSync(join(path, 'package.json'), '{ "private": true }')
  bringDependencies(path)
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
  const scripts: [status: number, text: string][] = []
  let http = Number.NaN
  for await (const { msg, protocol, port } of child.stdout.pipe(split2(JSON.parse))) {
    messages.push(msg)
    if (protocol === 'http') http = port
    if (msg !== 'ready') continue
    page = await (await fetch(`http://127.0.0.1:${http}/`)).text()
    for (const script of ['session', 'client']) {
      const answer = await fetch(`http://127.0.0.1:${http}/page/${script}.js`)
      scripts.push([answer.status, await answer.text()])
    }
    child.kill('SIGTERM')
  }
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(0)
  expect(messages).toEqual(['listening', 'listening', 'ready', 'stopping', 'stopped'])
  expect(page).toContain('<title>roomd</title>')
  expect(scripts).toEqual([
    [200, expect.stringContaining("from './client.js'")],
    [200, expect.stringContaining("from './connection.js'")],
  ])
  if (olderNode) expect(runWith(olderNode, join(path, 'node_modules/.bin/roomd'))).toEqual(refusalOf(olderNode))
  // What the Redis engine reads beside its code.
  const packed = join(path, 'node_modules/roomd/dist')
  const lua = globSync('src/engine/redis/scripts/*.lua', { cwd: root })
  expect(lua.length).toBeGreaterThan(0)
  for (const script of lua) expect(existsSync(join(packed, script)), script).toBe(true)
})
