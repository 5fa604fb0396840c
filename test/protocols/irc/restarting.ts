/** A daemon for programs that stay while it is restarted, and clients of the line protocol beside them. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { LineClient } from '../../support/client.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { reservePort } from '../../support/port.ts'
import { RoomdProcess } from '../../support/process.ts'

/** Starts a daemon on ports that it has again after a restart. */
export async function startRestarting() {
  const folder = temporaryFolder()
  const [line, irc] = [await reservePort(), await reservePort()]
  const args = ['--line', String(line), '--irc', String(irc), '--data', join(folder, 'data')]
  let daemon = new RoomdProcess(args)
  const kill = async () => {
    daemon.child.kill('SIGKILL')
    await daemon.exit
  }
  onTestFinished(kill)
  await daemon.ready('irc')
  const login = async (...words: string[]) => {
    const client = await LineClient.connect({ line, lineTls: 0, port: () => line, stop: async () => {} })
    onTestFinished(() => void client.socket.destroy())
    await client.ask(['LOGIN', ...words].join(' '))
    return client
  }
  const restart = async () => {
    await kill()
    daemon = new RoomdProcess(args)
    await daemon.ready('irc')
  }
  return { folder, irc, login, restart }
}
