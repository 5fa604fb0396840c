/** Says what it reads: tail -F /var/log/syslog | node logs.ts [ROOM] */
import { createInterface } from 'node:readline'
import { connect } from 'roomd'

const { ROOMD_SERVER = '127.0.0.1:9090' } = process.env
await using client = await connect(ROOMD_SERVER, { nickname: 'logs' })
const room = await client.join(process.argv[2] ?? 'ops', { events: false })
const refused = (error: Error, text: string) => text.trim() && console.error(`${error.message}: ${text}`)
await room.sayAll(createInterface({ input: process.stdin }), { refused })
