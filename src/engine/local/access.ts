import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const { R_OK, W_OK, X_OK } = constants

/**
 * Returns in words which of the files of a database, or their folder, this user may not use; undefined if all may be used. SQLite
 * tells only that one of them could not be opened. Reading takes a file beside the database, too.
 */
export function forbidden(file: string, mode: 'read' | 'write'): string | undefined {
  const path = resolve(file)
  const place = dirname(path)
  const [own, what] = mode === 'read' ? ([R_OK, 'read'] as const) : ([R_OK | W_OK, 'read and write'] as const)
  const files = ['', '-wal', '-shm', ...(mode === 'write' ? ['.lock'] : [])].map((suffix) => path + suffix)
  const refusals = [
    refusal('enter', place, X_OK),
    ...files.filter((each) => existsSync(each)).map((each) => refusal(what, each, own)),
    refusal('write to', place, W_OK),
  ]
  return refusals.find((each) => each !== undefined)
}

function refusal(what: string, path: string, how: number): string | undefined {
  try {
    accessSync(path, how)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EROFS') return `the file system of ${path} is read-only`
    return code === 'EACCES' ? `user ${process.geteuid?.()} may not ${what} ${path}${ownerOf(path)}` : undefined
  }
}

function ownerOf(path: string): string {
  try {
    return `, which belongs to user ${statSync(path).uid}`
  } catch {
    // It is in a folder that may not be entered.
    return ''
  }
}
