import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fold, isName, isReserved } from '../../chat/names.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { readObject } from '../json.ts'
import { GlobesError } from './errors.ts'
import { findLogin, sendLogin } from './logins.ts'
import type { GlobesContext } from './options.ts'
import { needsToken, passTo } from './passes.ts'
import { refuseGuess } from './refusals.ts'
import { findRoom, type InRoom } from './room.ts'

/** Adds the routes that issue and renew tokens of a room (docs/protocols/globes.md, sections 2.6 and 2.7). */
export function addEntry(app: FastifyInstance, shared: GlobesContext): void {
  const { chat, tokens, requests } = shared
  const { rooms } = chat

  /** Throws for a name that cannot join the room: an account's without login, one that looks like an account's, and one in use. */
  const checkName = async (room: RoomRecord, name: string, request: FastifyRequest, reply: FastifyReply) => {
    if (await chat.accounts.isRegistered(name)) {
      const login = await findLogin(shared, request)
      if (!login || fold(login.proof.name) !== fold(name)) throw new GlobesError(304, 'name')
      sendLogin(shared, request, reply, login.ticket)
    } else if (!(await chat.accounts.isGuestName(name))) {
      throw new GlobesError(202, 'name')
    }
    if (await rooms.holds(room.id, name)) throw new GlobesError(202, 'name')
  }

  const sendToken = async (room: RoomRecord, name: string, reply: FastifyReply) =>
    reply.code(201).send({ status: true, name, room_id: room.id, token: await tokens.issue(room, name) })

  app.post<InRoom>('/chats/:room/token', async (request, reply) => {
    const room = await findRoom(rooms, request.params.room)
    const { secret, name } = readObject(request.body) ?? {}
    const username = typeof name === 'string' && isName(name) ? name : undefined
    if (room.hash !== undefined) {
      if (typeof secret !== 'string') throw new GlobesError(304, 'secret')
      await chat.passwords
        .check(room, secret, requests.addressOf(request))
        .catch((error) => refuseGuess(error, 304, 'secret'))
      if (username === undefined || isReserved(username)) throw new GlobesError(303, 'name')
    }
    if (username !== undefined) await checkName(room, username, request, reply)
    const isClosed = await needsToken(shared, room, username, request)
    return username !== undefined && isClosed ? sendToken(room, username, reply) : { status: true }
  })

  app.get<InRoom>('/chats/:room/token/renew', async (request, reply) => {
    const room = await findRoom(rooms, request.params.room)
    const { username } = await passTo(shared, room, request)
    return username === undefined ? { status: true } : sendToken(room, username, reply)
  })
}
