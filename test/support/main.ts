import { resolve } from 'node:path'

/** Entry point of the daemon that tests start: the bundle that bundle.ts makes of the sources, or the sources where none was made. */
export const main = process.env.TEST_MAIN ?? resolve(import.meta.dirname, '../../src/main.ts')

/** Returns the variables with which a process of Node starts fast, and finds programs. */
export function nodeEnvironment(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE, NODE_OPTIONS } = process.env
  return { PATH, NODE_COMPILE_CACHE, NODE_OPTIONS }
}
