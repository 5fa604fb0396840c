import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Frees what nothing refers to, in this process. */
export const collectGarbage: () => void = runInNewContext('gc')
