import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { operate } from '../support/operator.ts'
import { needPython } from '../support/python.ts'
import { client, start } from './stage.ts'

/** Answers the questions of a command on a terminal, and prints its status and what the terminal shows. */
const TERMINAL = `
import os, pty, sys
answers, command = sys.argv[1].split(','), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0: os.execve(command[0], command, {'PATH': os.environ['PATH']})
shown = b''
while True:
    try: some = os.read(terminal, 1000)
    except OSError: break
    if not some: break
    shown += some
    if some.rstrip().endswith(b':'): os.write(terminal, answers.pop(0).encode() + b'\\r')
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status), shown.decode())
`

test('a password is read from a terminal without being shown, twice', async (context) => {
  needPython(context)
  const data = temporaryFolder()
  const { port } = await start('--data', data)
  await client(port, 'LOGIN Ann', '/register the first')
  const change = async (answers: string) => {
    const through = ['python3', '-I', '-c', TERMINAL, answers]
    return (await operate(['account', 'password', 'ann', '--data', data], { through })).stdout
  }
  const differing = await change('zebra-stripe1,zebra-stripe2')
  expect(differing).toMatch(/^1 New password for ann:.*Repeat the password:.*roomd: the two passwords differ/s)
  expect(await change('\u0003')).toMatch(/^1 New password for ann:.*roomd: no password was given/s)
  const changed = await change('zebra-stripe3,zebra-stripe3')
  expect(changed).toMatch(/^0 .*changed the password of Ann/s)
  expect(differing + changed).not.toContain('zebra')
  await client(port, 'LOGIN ann zebra-stripe3')
})
