import type { FastifyInstance } from 'fastify'
import Negotiator from 'negotiator'
import { Snapshot } from '../../chat/snapshot.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { nextRound } from '../../tick.ts'
import { escapeHtml } from '../entities.ts'
import type { GlobesContext } from './options.ts'
import { showRoom } from './room.ts'

/** Rooms that are encoded in one round of the event loop. */
const SLICE = 50

const JSON_TYPE = 'application/json; charset=utf-8'

/** Adds the lists of rooms: `GET /chats` (docs/protocols/globes.md, sections 2.11 and 2.12) and `GET /chats/all` (section 2.12). */
export function addLists(app: FastifyInstance, { chat }: GlobesContext): void {
  const { rooms } = chat
  const listed = async () => (await rooms.all()).filter(({ visibility }) => visibility !== 'hidden')
  const html = new Snapshot(async () => htmlOf(await listed()))
  const json = (list: () => Promise<readonly RoomRecord[]>) =>
    new Snapshot(async () => {
      const texts: string[] = []
      for (const room of await list()) {
        // Without what only its readers may know.
        const shown = room.visibility === 'public' ? room : { ...room, description: '' }
        texts.push(JSON.stringify(await showRoom(chat, shown, false)))
        if (texts.length % SLICE === 0) await nextRound()
      }
      return `[${texts.join()}]`
    })
  const listedRooms = json(listed)
  const publicRooms = json(() => rooms.public())

  app.get('/chats', async ({ headers }, reply) => {
    reply.header('Vary', 'Accept')
    // HTML has precedence over JSON of the same quality, as jQuery accepts any type and expects HTML here.
    const type = new Negotiator({ headers }).mediaType(['text/html', 'application/json'])
    if (type === 'application/json') return reply.type(JSON_TYPE).send(await listedRooms.get())
    return reply.type('text/html; charset=utf-8').send(await html.get())
  })

  app.get('/chats/all', async (_, reply) =>
    reply.type(JSON_TYPE).send(`{"status":true,"data":${await publicRooms.get()}}`),
  )
}

/** Returns the rooms as HTML, each with a link to its page on the server of the browser clients. */
function htmlOf(rooms: readonly RoomRecord[]): string {
  const items = rooms.map(({ id, title }) => `<li><a href="/chats/${id}/entrance">${escapeHtml(title)}</a></li>\n`)
  return `<ul>\n${items.join('')}</ul>\n`
}
