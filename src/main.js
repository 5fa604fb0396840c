#!/usr/bin/env -S node --max-semi-space-size=12
/**
 * The entry point: checks the version of Node, then loads the command line, which an older Node cannot parse.
 *
 * `main.ts` is a symbolic link to this file. Node before version 22 refuses a file that ends in `.ts` without running it, but looks at
 * the end of the link's target. The build compiles the link to `dist/src/main.js`. This file therefore keeps to what is both JavaScript and
 * TypeScript, and to what Node 14 can parse.
 *
 * The flag above, which package.json and ecosystem.config.cjs repeat, bounds the space for young objects, in MB: a crowd of
 * connections that come at once otherwise leaves it grown, at 5 KB for each of 8,000.
 */
import { readFileSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { isatty } from 'node:tty'
import { setFlagsFromString } from 'node:v8'

/** Minimum versions of Node.js for the server and, where they are JavaScript, for the client's commands. */
const NEEDED = 24
const NEEDED_BY_CLIENT = 20
/** Exit status for invalid usage. */
const MISUSE = 2

const verb = process.argv[2]
const isClient = verb === 'send' || verb === 'tail' || verb === 'chat'
const isBuilt = import.meta.url.includes('/dist/')
const needed = isClient && isBuilt ? NEEDED_BY_CLIENT : NEEDED
const isOld = Number(process.versions.node.split('.')[0]) < needed

if (isOld && (verb === '--version' || verb === '-v')) {
  const { version } = JSON.parse(
    readFileSync(new URL(isBuilt ? '../../package.json' : '../package.json', import.meta.url), 'utf8'),
  )
  process.stdout.write(`${version}\n`)
} else if (isOld) {
  const hint = isBuilt ? `roomd send, tail and chat (--help) need ${NEEDED_BY_CLIENT}` : 'npm start brings it'
  process.stderr.write(`roomd needs Node ${NEEDED} or later; this is ${process.version}; ${hint}\n`)
  process.exitCode = MISUSE
} else {
  // A daemon that is still loading has no certificate to reload. On a terminal the signal means that this is closed.
  if ((verb === undefined || verb === 'serve' || verb.startsWith('-')) && !isatty(1)) process.on('SIGHUP', () => {})
  // Nobody can be told that standard error is full or closed; without a listener that would end the process.
  process.stderr.on('error', () => {})
  // Without a listener this signal makes Node open its debugger on a port.
  process.on('SIGUSR1', () => {})
  if (isClient) {
    // Without the options of the daemon, which take longer than the command; compiled once, where Node can.
    const folder = process.env.NODE_COMPILE_CACHE ?? cacheFolder()
    if (folder !== undefined) module.enableCompileCache?.(folder)
    import('./cli/run.ts').then(({ runClient }) => runClient(verb, process.argv.slice(3)))
  } else {
    // Allocation-site pretenuring puts objects of connections into the old space, where they live on as garbage and keep what they refer to:
    // under a flood of requests V8 then copies four times as much in each collection of young objects, which takes more than twice as long.
    setFlagsFromString('--no-allocation-site-pretenuring')
    import('./command-line.ts')
  }
}

/** Returns the folder for compiled code; undefined for a user without a home, as in some containers and units. */
function cacheFolder() {
  const cache = process.env.XDG_CACHE_HOME
  if (cache) return `${cache}/roomd`
  try {
    const home = homedir()
    return home === '' ? undefined : `${home}/.cache/roomd`
  } catch {
    return undefined
  }
}
