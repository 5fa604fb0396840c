/** A server in the network namespace of its own of dead-peers.test.ts: says `data`, and `died` when the peer was found dead. */
import { type AddressInfo, createServer } from 'node:net'
import { DeadPeers } from '../../src/transport/dead-peers.ts'

const [host = '', checkMs, silenceMs, mebibytes] = process.argv.slice(2)
const peers = new DeadPeers({ checkMs: Number(checkMs), silenceMs: Number(silenceMs) })

const server = createServer({ keepAlive: true }, (socket) => {
  socket.on('error', () => {})
  peers.watch(socket, () => console.log('died'))
  socket.once('data', () => console.log('data'))
  // What the test says goes out on the connection.
  process.stdin.on('data', () => {
    for (let n = 0; n < Number(mebibytes); n++) socket.write(Buffer.alloc(1_048_576))
    socket.write('are you there?', () => console.log('sent'))
  })
})
server.listen(0, host, () => console.log((server.address() as AddressInfo).port))
