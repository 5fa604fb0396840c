/** The page as it was made before, in a file: `npm run build` makes it for the package, a checkout makes it when it is first served. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { MadeFiles } from './make.ts'
import { ROOT } from './sources.ts'

const FILE = join(ROOT, import.meta.url.endsWith('.ts') ? 'node_modules/.cache/roomd/page' : 'dist/page')

interface Kept {
  readonly key: string
  readonly files: MadeFiles
}

/** Resolves with what is kept under a key, undefined when that is nothing. */
export async function keptFiles(key: string, file = FILE): Promise<MadeFiles | undefined> {
  try {
    const kept = deserialize(await readFile(file)) as Kept
    return kept.key === key ? kept.files : undefined
  } catch {
    // There is none, or it is of no use.
    return undefined
  }
}

/** Keeps files, where that is possible. */
export function keepFiles(key: string, files: MadeFiles, file = FILE): void {
  const part = `${file}.${randomUUID()}`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(part, serialize({ key, files } satisfies Kept))
    renameSync(part, file)
  } catch {
    // A process that may not write there makes them again.
    rmSync(part, { force: true })
  }
}
