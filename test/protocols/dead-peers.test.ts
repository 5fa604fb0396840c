/** Peers that vanish, behind a real network interface of a network namespace. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { DeadPeers, parseTable, TIMING } from '../../src/protocols/dead-peers.ts'

const FAST = { checkMs: 100, silenceMs: 2_000 }

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

/** A host of its own behind a cable that can be cut; skipped where namespaces cannot be made. */
function cable(skip: (why: string) => void) {
  const id = `${process.pid % 10_000}${Math.floor(Math.random() * 100)}`
  const [space, near, far] = [`roomd${id}`, `rn${id}`, `rf${id}`]
  const subnet = `10.${77 + (process.pid % 100)}.${Math.floor(Math.random() * 250)}`
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    ip('netns', 'add', space)
  } catch (error) {
    if (process.env.CI) throw error
    skip('network namespaces cannot be made here')
  }
  onTestFinished(() => void ip('netns', 'del', space))
  ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', space)
  ip('addr', 'add', `${subnet}.1/24`, 'dev', near)
  ip('link', 'set', near, 'up')
  ip('-n', space, 'addr', 'add', `${subnet}.2/24`, 'dev', far)
  ip('-n', space, 'link', 'set', far, 'up')
  return {
    space,
    host: `${subnet}.1`,
    /** Nothing leaves the other host any more, not even an acknowledgement. */
    cut: () => ip('-n', space, 'route', 'add', 'blackhole', `${subnet}.1/32`),
  }
}

async function peerOf({ space, host }: ReturnType<typeof cable>, reads: 'never' | 'slowly') {
  const server = createServer({ keepAlive: true }).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const args = ['netns', 'exec', space, 'python3', '-c', CLIENT, host, String(port), reads]
  const child = spawn('ip', args, { stdio: 'inherit' })
  const [socket] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    child.kill()
    socket.destroy()
    server.close()
  })
  socket.on('error', () => {})
  await once(socket, 'data')
  return socket
}

test('a peer that vanishes while data is under way to it is found', async ({ skip }) => {
  const wire = cable(skip)
  const socket = await peerOf(wire, 'slowly')
  const died = Promise.withResolvers<void>()
  new DeadPeers(FAST).watch(socket, died.resolve)
  wire.cut()
  socket.write('are you there?')
  await died.promise
})

test('one that vanishes after it has stopped reading is found too', async ({ skip }) => {
  const wire = cable(skip)
  const socket = await peerOf(wire, 'never')
  const died = Promise.withResolvers<void>()
  new DeadPeers(FAST).watch(socket, died.resolve)
  while (socket.write(Buffer.alloc(1_048_576)));
  for (let n = 0; n < 16; n++) socket.write(Buffer.alloc(1_048_576))
  // The window is full.
  await delay(300)
  wire.cut()
  await died.promise
})

test.each(['slowly', 'never'] as const)('one that lives and reads %s is left alone', async (reads) => {
  const wire = cable(() => {})
  const socket = await peerOf(wire, reads)
  let died = false
  new DeadPeers(FAST).watch(socket, () => {
    died = true
  })
  for (let n = 0; n < 16; n++) socket.write(Buffer.alloc(1_048_576))
  await delay(FAST.silenceMs + 1_500)
  expect(died).toBe(false)
})
