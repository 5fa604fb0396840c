import { resolve } from 'node:path'

/** Entry point of the daemon that tests start: the bundle that bundle.ts makes of the sources, or the sources where none was made. */
export const main = process.env.ROOMD_TEST_MAIN ?? resolve(import.meta.dirname, '../../src/main.ts')
