/** The files of the page in this process, which are made once. */
import { Socket } from 'node:net'
import { extname } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { keptFiles } from './kept.ts'
import type { MadeFiles } from './make.ts'
import { keyOfSources, readSources } from './sources.ts'

let made: Promise<MadeFiles> | undefined

/** Resolves with the files, which are not compressed for a moment after they have been made. @throws Error for sources that cannot be read */
export function madeFiles(): Promise<MadeFiles> {
  const prepare = async () => (await keptFiles(await keyOfSources(await readSources()))) ?? makeElsewhere()
  made ??= prepare().catch((error: unknown) => {
    made = undefined
    throw error
  })
  return made
}

/** Makes the files in a process of its own: it takes long, and more memory than a daemon needs otherwise. */
async function makeElsewhere(): Promise<MadeFiles> {
  // Loaded only here, as that takes some milliseconds of the start.
  const { fork } = await import('node:child_process')
  // The extension is .ts in a checkout and .js in the package.
  const program = fileURLToPath(new URL(`./make-process${extname(import.meta.url)}`, import.meta.url))
  const maker = fork(program, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] })
  const errors = maker.stderr ? text(maker.stderr) : ''
  // The daemon does not wait for it.
  maker.unref()
  maker.channel?.unref()
  if (maker.stderr instanceof Socket) maker.stderr.unref()
  return new Promise((resolve, reject) => {
    // The files come twice: as they are, and then compressed.
    maker.on('message', (files: MadeFiles) => {
      made = Promise.resolve(files)
      resolve(files)
    })
    maker.on('error', reject)
    maker.on('close', async (status, signal) => {
      reject(new Error(`the page cannot be made: ${signal ?? `exit status ${status}`}\n${await errors}`.trim()))
    })
  })
}
