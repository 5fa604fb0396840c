/** Peers that vanish, behind a real network interface of a network namespace. */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import split2 from 'split2'
import { expect, onTestFinished, test } from 'vitest'
import { DeadPeers, parseTable, TIMING } from '../../src/transport/dead-peers.ts'
import { loadTestCertificate } from '../support/certificate.ts'
import { Inbox } from '../support/inbox.ts'

const FAST = { checkMs: 100, silenceMs: 2_000 }

const SERVER = resolve(import.meta.dirname, 'vanishing-process.ts')
/** Says something, then reads `slowly` or `never`. */
const CLIENT = `
import socket, sys, time
host, port, reads = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.create_connection((host, port))
s.sendall(b'here')
while True:
    if reads == 'slowly': s.recv(1000)
    time.sleep(0.05 if reads == 'slowly' else 3600)
`

test('a peer is found within 60 s in all', () => {
  expect(TIMING.silenceMs + 2 * TIMING.checkMs).toBeLessThan(60_000)
})

test('the kernel shows addresses in the byte order of the machine', () => {
  const row = (local: string, remote: string, timer: string, unanswered: string, probes: number) =>
    `   1: ${local} ${remote} 01 00000010:00000000 ${timer}:0000006B ${unanswered}     0        ${probes} 0 3 000000000509b606`
  const v4 = [
    row('0100007F:2382', '0200007F:C2FA', '01', '00000003', 0),
    row('0100007F:2382', '0300007F:C2FA', '04', '00000000', 5),
    row('0100007F:2382', '0400007F:C2FA', '01', '00000000', 0),
    row('0100007F:2382', '0500007F:C2FA', '02', '00000004', 4),
  ]
  expect(parseTable(`  sl  local_address\n${v4.join('\n')}\n`, 'ipv4')).toEqual([
    { key: '9090 127.0.0.2 49914', unanswered: 3 },
    { key: '9090 127.0.0.3 49914', unanswered: 5 },
  ])
  const v6 = [
    row('0:2382', '0000000000000000FFFF00000100007F:C2FA', '01', '0000000A', 0),
    row('0:2382', 'B80D0120000000000000000001000000:C2FA', '01', '00000001', 0),
  ]
  expect(parseTable(`${v6.join('\n')}\n`, 'ipv6')).toEqual([
    { key: '9090 ::ffff:127.0.0.1 49914', unanswered: 10 },
    { key: '9090 2001:db8::1 49914', unanswered: 1 },
  ])
})

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })

/** Two hosts with a cable between them that can be cut; a test is skipped where namespaces cannot be made. */
function twoHosts(skip: (why: string) => void) {
  const id = randomBytes(4).toString('hex')
  const [near, far] = [`near${id}`, `far${id}`]
  try {
    for (const space of [near, far]) ip('netns', 'add', space)
  } catch (error) {
    if (process.env.CI) throw error
    skip('network namespaces cannot be made here')
  }
  onTestFinished(() => {
    for (const space of [near, far]) ip('netns', 'del', space)
  })
  // Within the two only: a browser on this machine stops loading when its own interfaces change.
  ip('link', 'add', near, 'netns', near, 'type', 'veth', 'peer', 'name', far, 'netns', far)
  for (const [space, address] of [
    [near, '10.99.99.1'],
    [far, '10.99.99.2'],
  ] as const) {
    ip('-n', space, 'addr', 'add', `${address}/24`, 'dev', space)
    ip('-n', space, 'link', 'set', space, 'up')
  }
  return {
    near,
    far,
    /** Nothing leaves the far host any more, not even an acknowledgement. */
    cut: () => ip('-n', far, 'route', 'add', 'blackhole', '10.99.99.1/32'),
  }
}

/** A server on the near host and its client on the far one. */
async function talk({ near, far }: ReturnType<typeof twoHosts>, reads: 'never' | 'slowly', mebibytes: number) {
  const { checkMs, silenceMs } = FAST
  const server = spawn(
    'ip',
    ['netns', 'exec', near, process.execPath, SERVER, '10.99.99.1', `${checkMs}`, `${silenceMs}`, `${mebibytes}`],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const said = new Inbox<string>()
  server.stdout.pipe(split2()).on('data', (line) => said.push(line))
  const port = await said.next()
  const client = spawn('ip', ['netns', 'exec', far, 'python3', '-c', CLIENT, '10.99.99.1', port, reads])
  onTestFinished(() => {
    client.kill()
    server.kill()
  })
  expect(await said.next()).toBe('data')
  return { said, send: () => server.stdin.write('send\n') }
}

test('a peer that vanishes while data is under way to it is found', async ({ skip }) => {
  const hosts = twoHosts(skip)
  const { said, send } = await talk(hosts, 'slowly', 0)
  hosts.cut()
  send()
  await said.until((line) => line === 'died')
})

test('one that vanishes after it has stopped reading is found too', async ({ skip }) => {
  const hosts = twoHosts(skip)
  const { said, send } = await talk(hosts, 'never', 16)
  send()
  // Until the window is full.
  await delay(500)
  hosts.cut()
  await said.until((line) => line === 'died')
})

test.each(['slowly', 'never'] as const)('one that lives and reads %s is left alone', async (reads) => {
  const hosts = twoHosts((why) => expect.fail(why))
  const { said, send } = await talk(hosts, reads, 16)
  send()
  await delay(FAST.silenceMs + 1_500)
  expect(said.now()).not.toContain('died')
})

async function portOf(server: Server): Promise<number> {
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

test.runIf(process.platform === 'linux')(
  'one that resets the connection directly behind its TLS handshake is found',
  async () => {
    const died = Promise.withResolvers<void>()
    const sockets: TLSSocket[] = []
    const server = createTlsServer({ ...loadTestCertificate(), allowHalfOpen: true }, (socket) => {
      sockets.push(socket.on('error', () => {}))
      new DeadPeers(FAST).watch(socket, died.resolve)
      // As a connection does whose client had better read its replies first: the reset is never read.
      socket.once('data', () => {
        socket.pause()
        setTimeout(() => socket.write('a reply'), 10)
      })
    })
    const port = await portOf(server)
    // Passes on the end of the handshake and what is said behind it at once, and resets the connection before the server reads them.
    const between = createServer((near) => {
      const far = connect(port, '127.0.0.1').on('error', () => {})
      far.pipe(near.on('error', () => {}))
      const pieces: Buffer[] = []
      near.on('data', (piece) => {
        if (pieces.push(piece) === 1) return far.write(piece)
        if (pieces.length < 3) return
        far.write(Buffer.concat(pieces.slice(1)))
        far.resetAndDestroy()
        near.destroy()
      })
    })
    const client = connectTls({ host: '127.0.0.1', port: await portOf(between), rejectUnauthorized: false })
    client.on('error', () => {})
    await once(client, 'secureConnect')
    // In a piece of its own.
    await delay(50)
    client.write('a request')
    await died.promise
    // The runtime knows nothing of it.
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false])
    sockets[0]?.destroy()
  },
)
