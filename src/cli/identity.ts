import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { fileFault } from '../file-fault.ts'
import { misuse } from './failure.ts'
import type { CommonValues } from './options.ts'

/** A nickname, and how it is proved to be one's own. */
export interface ClientIdentity {
  readonly nickname: string
  readonly password?: string
  readonly token?: string
  /** False for a nickname that stands for any other one that is free. */
  readonly isChosen: boolean
}

/** Nickname for a user name without a single letter or digit. */
const NOBODY = 'guest'
const MAX_NICKNAME = 32

/**
 * Returns the nickname, and the secret where there is one, from options and environment.
 *
 * @param suffix stands behind the user name in a nickname that is not chosen
 * @throws CommandFailure
 */
export function identityOf(values: CommonValues, suffix = ''): ClientIdentity {
  const chosen = values.as ?? (process.env.ROOMD_AS || undefined)
  if (chosen?.trim() === '') throw misuse('--as needs a nickname')
  const nickname = chosen ?? `${userName().slice(0, MAX_NICKNAME - suffix.length)}${suffix}`
  const isChosen = chosen !== undefined
  const passwordFile = values['password-file']
  const tokenFile = values['token-file']
  if (passwordFile !== undefined && tokenFile !== undefined)
    throw misuse('--password-file and --token-file exclude one another')
  if (passwordFile !== undefined) return { nickname, isChosen, password: secretIn('--password-file', passwordFile) }
  const token = tokenFile === undefined ? process.env.ROOMD_TOKEN : secretIn('--token-file', tokenFile)
  return { nickname, isChosen, ...(token && { token }) }
}

/** Returns the first line of a file. @throws CommandFailure */
export function secretIn(option: string, file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw misuse(`${option} ${file}: ${fileFault(error)}`)
  }
  const [secret = ''] = text.split(/\r?\n/, 1)
  if (secret === '') throw misuse(`${option} ${file}: the file is empty`)
  return secret
}

/** Returns the user name, without what a nickname does not have. */
function userName(): string {
  let name = process.env.USER ?? ''
  try {
    name = userInfo().username
  } catch {
    // A user without an entry, as in some containers.
  }
  return name.replace(/[^\p{L}\p{N}_.-]/gu, '').replace(/^[-.]+|[-.]+$/g, '') || NOBODY
}
