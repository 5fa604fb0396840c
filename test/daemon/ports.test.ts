/** Ports that are in use. Each test has a loopback address of its own, as default ports are fixed. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { checkConfig } from '../../src/config.ts'
import { startDaemon } from '../../src/daemon.ts'
import { certificate } from '../support/certificate.ts'
import { keptLog } from '../support/log.ts'
import { RoomdProcess } from '../support/process.ts'

/** A loopback address on which these ports are in use. */
async function hostWith(...ports: number[]): Promise<string> {
  const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
  for (const port of ports) {
    const server = createServer().listen(port, host)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
  }
  return host
}

const OFF = { chatterbox: false, chatroom: false, irc: false }

async function start(options: Readonly<Record<string, unknown>>) {
  const { certFile, keyFile } = certificate()
  const { log, logged } = keptLog()
  const config = checkConfig({ 'tls-cert': certFile, 'tls-key': keyFile, data: ':memory:', ...options })
  const daemon = await startDaemon(config, log)
  onTestFinished(() => daemon.stop())
  const lines: Record<string, unknown>[] = logged()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  return { daemon, lines }
}

test('a default port in use is one warning, and the other listeners open', async () => {
  const host = await hostWith(7777, 9000)
  const { daemon, lines } = await start({ host, line: 0, irc: false })
  const line = daemon.addresses.get('line')?.port
  expect(lines.filter(({ level }) => level === 40)).toMatchObject([
    {
      protocol: 'chatterbox',
      host,
      port: 9000,
      msg: expect.stringContaining('--chatterbox PORT, or --no-chatterbox for none'),
    },
    { protocol: 'http', host, port: 7777, msg: expect.stringContaining('--http PORT, or --no-http for none') },
  ])
  expect(lines.at(-1)).toMatchObject({ msg: 'ready', ports: { line, chatroom: 65_432 } })
  expect([...daemon.addresses.keys()]).toEqual(['line', 'chatroom'])
})

test('a default port in use that the user has named is a fault', async () => {
  const host = await hostWith(7777)
  await expect(start({ host, line: 0, ...OFF, http: 7777 })).rejects.toThrow(`port 7777 on ${host} is in use`)
})

test('the default port for lines in use is a fault', async () => {
  const host = await hostWith(9090)
  await expect(start({ host, ...OFF, http: 0 })).rejects.toThrow(`port 9090 on ${host} is in use`)
})

test('no port at all is a fault', async () => {
  const host = await hostWith(7777)
  await expect(start({ host, line: false, ...OFF })).rejects.toThrow(`port 7777 on ${host} is in use`)
})

test('the process starts without its default port', async () => {
  const host = await hostWith(7777)
  const args = ['--host', host, '--line', '0', '--data', ':memory:']
  const daemon = new RoomdProcess(args, { ROOMD_HTTP: undefined })
  onTestFinished(() => void daemon.child.kill('SIGKILL'))
  const { ports } = await daemon.logged('ready')
  expect(ports).toEqual({ line: expect.any(Number) })
})
