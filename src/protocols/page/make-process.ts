/** Makes the page and keeps it: for a daemon, to which it is sent, or for the package. */
import { keepFiles } from './kept.ts'
import { compressed, type MadeFiles, make } from './make.ts'
import { keyOfSources, readSources } from './sources.ts'

const sources = await readSources()
const key = await keyOfSources(sources)
const files = await make(sources)
send(files)
const best = compressed(files)
keepFiles(key, best)
send(best)

/** Sends files to a daemon that is still there. */
function send(files: MadeFiles): void {
  if (process.connected) process.send?.(files)
}
