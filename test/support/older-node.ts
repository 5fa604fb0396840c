/** A Node that is too old for roomd. */
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

interface OlderNode {
  readonly path: string
  readonly version: string
}

/** The first on the PATH; undefined where there is none. */
export const olderNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder): OlderNode => {
    const path = join(folder, 'node')
    return { path, version: (spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '').trim() }
  })
  .find(({ version }) => /^v(1\d|2[0-3])\./.test(version))

/** Runs a file with it. */
export function runWith({ path }: OlderNode, file: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(path, [file, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** What it is to print, and end with. */
export function refusalOf({ version }: OlderNode, hint = 'npm start brings it') {
  return { status: 2, stdout: '', stderr: `roomd needs Node 24 or later; this is ${version}; ${hint}\n` }
}
