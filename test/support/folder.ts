import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'

/** Where everything temporary lies until the last test is done (setup.ts). */
export function rootFolder(): string {
  const { TEST_FOLDER: folder } = process.env
  if (folder === undefined) throw new Error('test/support/setup.ts has not run')
  return folder
}

/** A new, empty one. */
export function temporaryFolder(): string {
  return mkdtempSync(join(rootFolder(), 'data-'))
}
