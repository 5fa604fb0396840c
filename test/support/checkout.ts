/** A checkout of roomd for tests that run its npm scripts: what is made in it, such as `data`, is not in the real one. */
import { copyFileSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from './folder.ts'

const root = resolve(import.meta.dirname, '../..')

/** Makes one, with the dependencies installed. Returns its path. */
export function checkout(path = temporaryFolder()): string {
  mkdirSync(path, { recursive: true })
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(root, name), join(path, name))
  // Older than what is installed, or npm would install anew.
  utimesSync(join(path, 'package-lock.json'), 0, 0)
  for (const name of ['node_modules', 'src', 'commands', 'page', 'ecosystem.config.cjs', 'scripts']) {
    symlinkSync(join(root, name), join(path, name))
  }
  return path
}
