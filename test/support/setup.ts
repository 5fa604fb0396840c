/**
 * Before all tests: the daemon as they start it, the page, and a folder that everything temporary lies in. The folder is gone when the last of them is
 * done, however that ends.
 */
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { keptFiles } from '../../src/protocols/page/kept.ts'
import { keyOfSources, readSources } from '../../src/protocols/page/sources.ts'
import { bundle } from './bundle.ts'
import { makeCertificate } from './certificate.ts'

export default async function setup(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'roomd-test-'))
  // A test runs the daemon as another user.
  chmodSync(folder, 0o755)
  process.env.TEST_FOLDER = folder
  makeCertificate(folder)
  await keepPage()
  const main = await bundle()
  process.env.TEST_MAIN = main
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Makes the page, unless it is there: each of the first daemons would do so in a process of its own. */
async function keepPage(): Promise<void> {
  if (await keptFiles(await keyOfSources(await readSources()))) return
  const maker = resolve(import.meta.dirname, '../../src/protocols/page/make-process.ts')
  await promisify(execFile)(process.execPath, [maker])
}
