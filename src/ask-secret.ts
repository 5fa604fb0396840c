import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** Reads a secret from the terminal without echo. Resolves with undefined at the end of the input, and with Ctrl-C. */
export async function askSecret(question: string): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  process.stderr.write(question)
  try {
    return await new Promise((resolve) => {
      const end = () => resolve(undefined)
      terminal.once('SIGINT', end).once('close', end).once('line', resolve)
    })
  } finally {
    process.stderr.write('\n')
    terminal.close()
  }
}
