import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { IrcClient } from '../../clients/irc.ts'
import { startTestDaemon } from '../../support/daemon.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { keptLog } from '../../support/log.ts'
import { codes } from './suite.ts'

test('a file of --motd that cannot be read is logged once, however often clients ask; a pipe holds up nobody', async () => {
  const motd = join(temporaryFolder(), 'motd')
  const { log, logged } = keptLog()
  const daemon = await startTestDaemon({ irc: 0, http: 0, motd }, log)
  onTestFinished(() => daemon.stop())
  const transports = ['TCP', 'text.ircv3.net', 'binary.ircv3.net'] as const
  const dialled = transports.map((transport) => IrcClient.dial(daemon.port, { transport, mode: 'whole' }))
  const clients = await Promise.all(dialled)
  await Promise.all(clients.map((client, n) => client.register(`ann${n}`)))
  for (const make of [() => {}, () => execFileSync('mkfifo', [motd])]) {
    rmSync(motd, { force: true })
    make()
    for (const client of clients) expect(codes(await client.ask('MOTD', 'MOTD'))).toEqual(['422', '422'])
  }
  const lines = logged()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const warnings = lines.filter(({ msg }) => msg === 'cannot read the file of --motd')
  expect(warnings.map(({ err }) => err.message)).toEqual([
    expect.stringMatching(/^ENOENT/),
    `${motd} is a pipe that is not written to its end`,
  ])
})
