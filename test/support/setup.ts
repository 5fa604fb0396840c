/** Before all tests: a folder that everything temporary lies in. It is gone when the last of them is done, however that ends. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'roomd-test-'))
  // A test runs the daemon as another user.
  chmodSync(folder, 0o755)
  process.env.ROOMD_TEST_FOLDER = folder
  makeCertificate(folder)
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
