/** Answers "ping": node ping.ts [ROOM] */
import { connect } from 'roomd'

const { ROOMD_SERVER = '127.0.0.1:9090' } = process.env
const client = await connect(ROOMD_SERVER, { nickname: 'ping' })
const room = await client.join(process.argv[2] ?? 'ops')
for await (const event of room) {
  if (event.type === 'message' && event.body === 'ping') await room.say(`${event.from}: pong`)
}
