import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import split2 from 'split2'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/process.ts'

const root = resolve(import.meta.dirname, '../..')

test('the packed package, unpacked elsewhere, has a working roomd', { timeout: 60_000 }, async () => {
  const { path, remove } = temporaryFolder()
  try {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', path], { cwd: root })
    const [tarball = ''] = readdirSync(path)
    execFileSync('tar', ['xzf', tarball], { cwd: path })
    // What an install from a registry would put beside it.
    symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'))
    const main = join(path, 'package/dist/src/main.js')
    const child = spawn(process.execPath, [main, '--line', '0', '--data', ':memory:'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const messages: string[] = []
    for await (const { msg } of child.stdout.pipe(split2(JSON.parse))) {
      messages.push(msg)
      if (msg === 'ready') child.kill('SIGTERM')
    }
    if (child.exitCode === null) await once(child, 'exit')
    expect(child.exitCode).toBe(0)
    expect(messages).toEqual(['listening', 'ready', 'stopping', 'stopped'])
  } finally {
    remove()
  }
})
