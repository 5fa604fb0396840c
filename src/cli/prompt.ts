import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandFailure, EXIT } from './failure.ts'

/** Returns true if a secret can be asked for: input and standard error are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Reads a secret from the terminal without echo. @throws CommandFailure at the end of the input, and with Ctrl-C */
export async function askSecret(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  process.stderr.write(question)
  try {
    return await new Promise<string>((resolve, reject) => {
      const end = () => reject(new CommandFailure(EXIT.refused, 'no password was given'))
      terminal.once('SIGINT', end).once('close', end).once('line', resolve)
    })
  } finally {
    process.stderr.write('\n')
    terminal.close()
  }
}
