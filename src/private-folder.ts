import { lchownSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Messages for error codes of the file system. */
const CAUSES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  // The parent exists.
  ENOENT: 'no folder can be made there',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system cannot be written to',
}

/**
 * Makes a folder that only its owner can enter, and its parents, where they are missing. `mkdirSync` makes parents too, but runs forever in
 * /proc, where it is told that no parent exists. What root makes belongs to the owner of the parent, see {@link giveToOwnerOfFolder}.
 *
 * @throws Error with a message for an operator
 */
export function makePrivateFolder(folder: string): void {
  const path = resolve(folder)
  const missing: string[] = []
  for (let part = path; !isFolder(part); part = dirname(part)) missing.unshift(part)
  for (const part of missing) {
    try {
      mkdirSync(part, { mode: 0o700 })
      giveToOwnerOfFolder(part)
    } catch (error) {
      // Another process may have made it meanwhile.
      if (isFolder(part)) continue
      const { code = '', message } = error as NodeJS.ErrnoException
      const why = code === 'EEXIST' ? `${part} is not a folder` : (CAUSES[code] ?? message)
      throw new Error(part === path && code === 'EEXIST' ? why : `cannot make the folder ${folder}: ${why}`, {
        cause: error,
      })
    }
  }
}

/**
 * Gives a file or folder that root has just made to the owner of the folder that it is in, whose daemon could not use it otherwise. Nothing
 * happens where this user is not root.
 */
export function giveToOwnerOfFolder(path: string): void {
  if (process.geteuid?.() !== 0) return
  const real = realpathSync(path)
  const { uid, gid } = statSync(dirname(real))
  lchownSync(real, uid, gid)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
