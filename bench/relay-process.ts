/**
 * What server.ts starts as a relay: `say` publishes each line to Redis, `hear` sends all of its connections what is published.
 * With Redis between them a message goes the same way through the machine as through two nodes, and nothing else is done.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import split2 from 'split2'
import { RESP } from './dialect.ts'

const [role, port] = process.argv.slice(2)
const redis = connect(Number(port), '127.0.0.1').setNoDelay()
const members = new Set<Socket>()

if (role === 'hear') for (const [say] of RESP.enter(0, 0)) redis.write(say)
redis.on('data', (chunk) => {
  for (const member of members) member.write(chunk)
})

const server = createServer({ noDelay: true }, (socket) => {
  if (role === 'hear') members.add(socket)
  socket.on('error', () => {})
  socket.on('close', () => members.delete(socket))
  socket.pipe(split2()).on('data', (line: string) => redis.write(RESP.say(line, 0)))
}).listen(0, '127.0.0.1')
await Promise.all([once(redis, 'connect'), once(server, 'listening')])
process.send?.((server.address() as AddressInfo).port)
