/**
 * Before all tests: the daemon as they start it, and a folder that everything temporary lies in. The folder is gone when the last of them is
 * done, however that ends.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from './bundle.ts'
import { makeCertificate } from './certificate.ts'

export default async function setup(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'roomd-test-'))
  // A test runs the daemon as another user.
  chmodSync(folder, 0o755)
  process.env.ROOMD_TEST_FOLDER = folder
  makeCertificate(folder)
  process.env.ROOMD_TEST_MAIN = await bundle()
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
