/** Prints the alerts of a room, also those that came while it did not run: node alerts.ts [ROOM [STATE]] */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'roomd'

const [, , name = 'ops', state = 'alerts.id'] = process.argv
const { ROOMD_SERVER = '127.0.0.1:9090' } = process.env
const known = existsSync(state) ? { after: readFileSync(state, 'utf8') } : { recent: 10_000 }
const client = await connect(ROOMD_SERVER, { nickname: 'alerts' })
const room = await client.join(name, known)
for await (const { type, from, body, id } of room) {
  if (type === 'message' && body.startsWith('ALERT')) console.log(`${from}: ${body}`)
  writeFileSync(`${state}.new`, id)
  renameSync(`${state}.new`, state)
}
