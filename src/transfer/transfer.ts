/** `roomd export` and `roomd import`, with the options of the command line. */
import { ConfigError, checkConfig } from '../config.ts'
import { Unfit } from '../engine/transfer.ts'
import { exportSourceOf, importTargetOf } from '../engines.ts'
import { exportStore } from './export.ts'
import { importStore } from './import.ts'
import type { Out } from './progress.ts'

/** Runs a command. Resolves with a summary. @throws ConfigError, EngineFault */
export async function transfer(
  command: 'export' | 'import',
  options: Readonly<Record<string, unknown>>,
  version: string,
  err: Out = process.stderr,
): Promise<string> {
  const config = checkConfig(options)
  try {
    if (command === 'import') {
      const file = textIn(options, 'file') ?? '-'
      return await importStore(() => importTargetOf(config), file, err)
    }
    const [room, output] = [textIn(options, 'room'), textIn(options, 'output')]
    return await exportStore(await exportSourceOf(config), { version, room, output }, err)
  } catch (error) {
    if (error instanceof Unfit) throw new ConfigError(error.message, { cause: error })
    throw error
  }
}

/** Returns the text of an option. @throws ConfigError if it is given twice */
export function textIn(options: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const { [name]: value } = options
  if (Array.isArray(value)) throw new ConfigError(`--${name} is given more than once`)
  return value === undefined ? undefined : String(value)
}
