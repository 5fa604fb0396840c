/** The command line: runs the daemon, an operation, an audit, an export or an import. */
import { hideBin } from 'yargs/helpers'
import { exit } from './exit.ts'
import { runShellCommand } from './run-command.ts'

runShellCommand(hideBin(process.argv)).then((status) => status !== undefined && exit(status))
