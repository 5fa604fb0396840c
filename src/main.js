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

/** Minimum version of Node.js; `engines` of package.json is for the library. */
const NEEDED = 24
/** Exit status for invalid usage. */
const MISUSE = 2

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(`roomd needs Node ${NEEDED} or later; this is ${process.version}; npm start brings it\n`)
  process.exitCode = MISUSE
} else {
  // Without a listener this signal makes Node open its debugger on a port.
  process.on('SIGUSR1', () => {})
  const verb = process.argv[2]
  if (verb === 'send' || verb === 'tail' || verb === 'chat') {
    // Without the options of the daemon, which take longer than the command; compiled once.
    const { homedir } = process.getBuiltinModule('node:os')
    const folder = process.env.XDG_CACHE_HOME || `${homedir()}/.cache`
    process.getBuiltinModule('node:module').enableCompileCache(process.env.NODE_COMPILE_CACHE ?? `${folder}/roomd`)
    import('./cli/run.ts').then(({ runClient }) => runClient(verb, process.argv.slice(3)))
  } else {
    import('./command-line.ts')
  }
}
