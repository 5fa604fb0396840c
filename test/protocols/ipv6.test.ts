/** Limits count an IPv6 network as one address: behind a proxy that is trusted, and for connections. */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { failure, globesStage, PASSWORD } from '../support/globes.ts'
import { keptLog } from '../support/log.ts'
import { RoomdProcess } from '../support/process.ts'

const from = (address: string) => ({ 'X-Forwarded-For': address })
/** Addresses of one network, then one of another. */
const NETWORK = ['2001:db8:0:7::1', '2001:db8:0:7::2', '2001:db8:0:7:1:2:3:4', '2001:db8:0:7::3', '2001:db8:0:7:f::']
const [FIRST = '', SECOND = '', THIRD = ''] = NETWORK
const ELSEWHERE = '2001:db8:0:8::1'
const PROXY = { 'http-trust-proxy': '127.0.0.1' }

test('connections', async () => {
  const { log, logged } = keptLog()
  const { connect, refused } = await globesStage({ ...PROXY, 'max-per-address': 2 }, log)
  const at = (address: string) => connect('/chats/1/ws', [], { headers: from(address) })
  const isRefused = async (address: string) =>
    expect((await refused('/chats/1/ws', [], { headers: from(address) })).status).toBe(429)
  await at(FIRST)
  await at(SECOND)
  await isRefused(THIRD)
  // Logs name the whole address.
  expect(logged()).toContain(`"address":"${THIRD}"`)
  await at(ELSEWHERE)
  await at('203.0.113.9')
  await at('::ffff:203.0.113.9')
  await isRefused('203.0.113.9')
  await isRefused('::ffff:203.0.113.9')
  await at('203.0.113.10')
  // Some proxies report the port, too.
  await isRefused('203.0.113.9:4711')
  await isRefused(`[${THIRD}]:4711`)
  await isRefused(`[${THIRD}]`)
  await at('203.0.113.11:4711')
})

test('failed passwords', async () => {
  const { api, account } = await globesStage(PROXY)
  await account('ann')
  const logIn = async (username: string, address: string) =>
    (await api('POST', '/auth', { username, password: PASSWORD }, from(address))).status
  for (const [n, address] of NETWORK.entries()) expect(await logIn(`nobody${n}`, address)).toBe(401)
  expect(await logIn('ann', '2001:db8:0:7::99')).toBe(429)
  expect(await logIn('ann', ELSEWHERE)).toBe(201)
})

test('registrations, with the length of a network that was set', async () => {
  const { api } = await globesStage({ ...PROXY, 'max-registrations': 2, 'ipv6-prefix': 56 })
  let count = 0
  const register = async (address: string) =>
    (await api('POST', '/api/register', { username: `user${count++}` }, from(address))).status
  expect([await register('2001:db8:0:700::1'), await register('2001:db8:0:7ff::1')]).toEqual([201, 201])
  expect([await register('2001:db8:0:780::1'), await register('2001:db8:0:800::1')]).toEqual([429, 201])
})

test('the address that may undo a room', async () => {
  const { log, logged } = keptLog()
  const { api } = await globesStage(PROXY, log)
  const { body } = await api('POST', '/chats', { title: 'Mine', visibility: 'public' }, from(FIRST))
  const remove = (address: string) => api('DELETE', `/chats/${body.id}`, undefined, from(address))
  expect(await remove(ELSEWHERE)).toMatchObject({
    status: 401,
    body: failure(104, 'Room error: Unauthorized operation'),
  })
  expect((await remove(SECOND)).status).toBe(200)
  expect(logged()).toMatch(`"address":"${SECOND}"`)
})

/** Connects from each address in turn and prints what comes first to `/ping`, nothing when the connection ends before that. */
const CONNECT = `
import socket, sys
kept = []
for address in sys.argv[2:]:
    there = '::1' if ':' in address else '127.0.0.1'
    s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET)
    s.bind((address, 0))
    s.connect((there, int(sys.argv[1])))
    s.sendall(b'/ping\\n')
    print(s.makefile().readline().strip(), flush=True)
    kept.append(s)
`

test('connections at a real interface, IPv4 and IPv6 on one listener', async ({ skip }) => {
  const space = `net${randomBytes(4).toString('hex')}`
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    ip('netns', 'add', space)
  } catch (error) {
    if (process.env.CI) throw error
    return skip('network namespaces cannot be made here')
  }
  onTestFinished(() => void ip('netns', 'del', space))
  const inside = ['ip', 'netns', 'exec', space]
  ip('-n', space, 'link', 'set', 'lo', 'up')
  for (const address of [FIRST, SECOND, THIRD, ELSEWHERE]) {
    ip('-n', space, 'addr', 'add', `${address}/128`, 'dev', 'lo', 'nodad')
  }
  const args = ['--line', '0', '--host', '::', '--data', ':memory:', '--max-per-address', '2']
  const daemon = new RoomdProcess(args, {}, inside)
  onTestFinished(() => void daemon.child.kill('SIGKILL'))
  const port = await daemon.ready()
  const comers = [FIRST, SECOND, THIRD, ELSEWHERE, '127.0.0.1', '127.0.0.1', '127.0.0.1']
  const [command = '', ...rest] = [...inside, 'python3', '-c', CONNECT, String(port), ...comers]
  const client = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void client.kill('SIGKILL'))
  let said = ''
  client.stdout.on('data', (chunk) => {
    said += chunk
  })
  await once(client, 'close')
  const [pong, refusal] = [/"PONG"/, /Too many connections from your address/]
  const expected = [pong, pong, refusal, pong, pong, pong, refusal]
  expect(said.trimEnd().split('\n')).toEqual(expected.map((text) => expect.stringMatching(text)))
  const refused = daemon.log.filter(({ msg }) => msg === 'refused')
  expect(refused).toMatchObject([{ address: THIRD }, { address: '::ffff:127.0.0.1' }])
})
