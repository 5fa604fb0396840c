/** The command line: runs the daemon, an operation, an audit, an export or an import. */
import { hideBin } from 'yargs/helpers'
import { readArguments, version } from './arguments.ts'
import { ConfigError } from './config.ts'
import { withVariable } from './environment.ts'
import { exit, FAULT, MISUSE, STOPPED } from './exit.ts'
import { exposedSecrets } from './secret-files.ts'
import { EXPOSED, IGNORED, runDaemon } from './serve.ts'

async function run(args: readonly string[]): Promise<void> {
  const { options, ignored } = await readArguments(args)
  const [command] = options._ as readonly unknown[]
  if (command === 'send' || command === 'tail' || command === 'chat') {
    throw new ConfigError(`${command} comes first: roomd ${command} …; see roomd ${command} --help`)
  }
  const exposed = exposedSecrets(args)
  if (command === undefined || command === 'serve') return runDaemon(options, ignored, exposed)
  if (ignored.length > 0) process.stderr.write(`roomd: ${IGNORED}: ${ignored.join(', ')}\n`)
  if (exposed.length > 0) process.stderr.write(`roomd: ${EXPOSED}: ${exposed.join(', ')}\n`)
  if (command === 'room' || command === 'account' || command === 'address' || command === 'token') {
    const { operate } = await import('./control/command.ts')
    return exit((await operate(command, options)) ? STOPPED : FAULT)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}roomd: interrupted; run the same command again\n`)
      process.exit(FAULT)
    })
  }
  if (command === 'audit') {
    const { audit } = await import('./transfer/audit.ts')
    return audit(options, process.stdout)
  }
  const { transfer } = await import('./transfer/transfer.ts')
  process.stderr.write(`${await transfer(command === 'export' ? command : 'import', options, version())}\n`)
}

run(hideBin(process.argv)).catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error)
  const message = error instanceof ConfigError ? withVariable(text, process.argv, process.env) : text
  process.stderr.write(`roomd: ${message}\n`)
  return exit(error instanceof ConfigError ? MISUSE : FAULT)
})
