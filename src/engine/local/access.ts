import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const { R_OK, W_OK, X_OK } = constants

/**
 * Returns in words which of the files of a database, or their folder, this user may not use; undefined if all may be used. SQLite
 * tells only that one of them could not be opened.
 */
export function forbidden(file: string, mode: 'read' | 'write'): string | undefined {
  const path = resolve(file)
  const own = mode === 'read' ? R_OK : R_OK | W_OK
  const files = ['', '-wal', '-shm', ...(mode === 'write' ? ['.lock'] : [])].map((suffix) => path + suffix)
  const place = dirname(path)
  if (!may(place, X_OK)) return refusal('enter', place)
  const closed = files.find((each) => existsSync(each) && !may(each, own))
  if (closed !== undefined) return refusal(mode === 'read' ? 'read' : 'read and write', closed)
  return mode === 'write' && !may(place, W_OK) ? refusal('write to', place) : undefined
}

function may(path: string, how: number): boolean {
  try {
    accessSync(path, how)
    return true
  } catch (error) {
    // A file system that is read-only is another matter.
    return (error as NodeJS.ErrnoException).code !== 'EACCES'
  }
}

function refusal(what: string, path: string): string {
  return `user ${process.geteuid?.()} may not ${what} ${path}${ownerOf(path)}`
}

function ownerOf(path: string): string {
  try {
    return `, which belongs to user ${statSync(path).uid}`
  } catch {
    // It is in a folder that may not be entered.
    return ''
  }
}
