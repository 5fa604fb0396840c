import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** Reads a new password: from a terminal twice without echo, otherwise from the first line of standard input. */
export async function readNewPassword(name: string): Promise<string> {
  const { stdin } = process
  if (!stdin.isTTY) {
    const [password = '', ...rest] = (await text(stdin)).split(/\r?\n/)
    if (password === '' && rest.length === 0) throw new Error('there is no password on the standard input')
    return password
  }
  const password = await ask(`New password for ${name}: `)
  if ((await ask('Repeat the password: ')) !== password) throw new Error('the two passwords differ')
  return password
}

/** Reads a line without echo. Rejects at the end of the input and with Ctrl-C. */
async function ask(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  process.stderr.write(question)
  try {
    return await new Promise<string>((resolve, reject) => {
      const end = () => reject(new Error('no password was given'))
      terminal.once('SIGINT', end).once('close', end).once('line', resolve)
    })
  } finally {
    process.stderr.write('\n')
    terminal.close()
  }
}
