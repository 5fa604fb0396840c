/** Ends with status 2 and the reason if the options of the environment are invalid: before pm2 ends a roomd that runs. */
import { readArguments } from '../src/arguments.ts'
import { ConfigError, checkConfig } from '../src/config.ts'
import { withVariable } from '../src/environment.ts'
import { MISUSE } from '../src/exit.ts'

try {
  if (process.argv.length > 2) {
    throw new ConfigError('npm run daemon takes options as variables: ROOMD_HTTP=7778 npm run daemon')
  }
  checkConfig((await readArguments([])).options)
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`roomd: ${withVariable(error.message, [], process.env)}\n`)
  process.exitCode = MISUSE
}
