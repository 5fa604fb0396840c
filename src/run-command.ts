import { readArguments, version } from './arguments.ts'
import { ConfigError } from './config.ts'
import type { CommandStreams } from './control/streams.ts'
import { withVariable } from './environment.ts'
import { FAULT, MISUSE, STOPPED } from './exit.ts'
import { exposedSecrets } from './secret-files.ts'
import { EXPOSED, IGNORED, runDaemon } from './serve.ts'

/**
 * Runs the command that arguments name. Resolves with the exit status of one that is done, and with undefined if the process ends by itself.
 * Only operations use `streams`; the other commands use those of the process.
 */
export async function runShellCommand(
  args: readonly string[],
  streams: CommandStreams = process,
): Promise<number | undefined> {
  try {
    return await run(args, streams)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const message = error instanceof ConfigError ? withVariable(text, args, process.env) : text
    streams.stderr.write(`roomd: ${message}\n`)
    return error instanceof ConfigError ? MISUSE : FAULT
  }
}

async function run(args: readonly string[], streams: CommandStreams): Promise<number | undefined> {
  const { options, ignored } = await readArguments(args)
  const [command] = options._ as readonly unknown[]
  if (command === 'send' || command === 'tail' || command === 'chat') {
    throw new ConfigError(`${command} comes first: roomd ${command} …; see roomd ${command} --help`)
  }
  const exposed = exposedSecrets(args)
  if (command === undefined || command === 'serve') {
    await runDaemon(options, ignored, exposed)
    return undefined
  }
  // Only a daemon ignores it while it is loading, see main.js.
  process.removeAllListeners('SIGHUP')
  if (ignored.length > 0) streams.stderr.write(`roomd: ${IGNORED}: ${ignored.join(', ')}\n`)
  if (exposed.length > 0) streams.stderr.write(`roomd: ${EXPOSED}: ${exposed.join(', ')}\n`)
  if (command === 'room' || command === 'account' || command === 'address' || command === 'token') {
    const { operate } = await import('./control/command.ts')
    return (await operate(command, options, streams)) ? STOPPED : FAULT
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}roomd: interrupted; run the same command again\n`)
      process.exit(FAULT)
    })
  }
  if (command === 'audit') {
    const { audit } = await import('./transfer/audit.ts')
    await audit(options, process.stdout)
    return undefined
  }
  const { transfer } = await import('./transfer/transfer.ts')
  process.stderr.write(`${await transfer(command === 'export' ? command : 'import', options, version())}\n`)
  return undefined
}
