import { setImmediate as othersFirst } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import Negotiator from 'negotiator'
import { Snapshot } from '../../chat/snapshot.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { escapeHtml } from '../escape.ts'
import type { GlobesContext } from './options.ts'
import { showRoom } from './room.ts'

/** Maximum number of rooms that are shown before other work gets its turn. */
const SLICE = 50

const JSON_TYPE = 'application/json; charset=utf-8'

/** Adds the lists of rooms: `GET /chats` (docs/protocols/globes.md, sections 2.11 and 2.12) and `GET /chats/all` (section 2.12). */
export function addLists(app: FastifyInstance, { chat: { rooms } }: GlobesContext): void {
  const listed = async () => (await rooms.all()).filter(({ visibility }) => visibility !== 'hidden')
  const html = new Snapshot(async () => htmlOf(await listed()))
  const json = (list: () => Promise<readonly RoomRecord[]>) =>
    new Snapshot(async () => {
      const texts: string[] = []
      for (const room of await list()) {
        texts.push(JSON.stringify(await showRoom(rooms, room, false)))
        if (texts.length % SLICE === 0) await othersFirst()
      }
      return `[${texts.join()}]`
    })
  const listedRooms = json(listed)
  const publicRooms = json(() => rooms.public())

  app.get('/chats', async ({ headers }, reply) => {
    reply.header('Vary', 'Accept')
    // Of types that are equally welcome the first one is given, as jQuery accepts any and expects HTML here.
    const type = new Negotiator({ headers }).mediaType(['text/html', 'application/json'])
    if (type === 'application/json') return reply.type(JSON_TYPE).send(await listedRooms.get())
    return reply.type('text/html; charset=utf-8').send(await html.get())
  })

  app.get('/chats/all', async (_, reply) =>
    reply.type(JSON_TYPE).send(`{"status":true,"data":${await publicRooms.get()}}`),
  )
}

/** The rooms as a piece of HTML, each leading to the page that the clients' own server has for it. */
function htmlOf(rooms: readonly RoomRecord[]): string {
  const items = rooms.map(({ id, title }) => `<li><a href="/chats/${id}/entrance">${escapeHtml(title)}</a></li>\n`)
  return `<ul>\n${items.join('')}</ul>\n`
}
