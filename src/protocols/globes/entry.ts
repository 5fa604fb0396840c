import type { FastifyInstance } from 'fastify'
import { isName, isReserved } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import { letGuesserWait } from '../http/guesses.ts'
import type { HttpGround } from '../http/routes.ts'
import { fieldsOf } from './body.ts'
import { GlobesError } from './errors.ts'
import type { Shared } from './options.ts'
import { findRoom, type InRoom } from './room.ts'
import { tokenOf } from './tokens.ts'

/** Who knows a room's password gets a token, and with it the next one (protocols/globes.md, 2.6 and 2.7). */
export function addEntry(app: FastifyInstance, { chat, tokens }: Shared, { addressOf }: HttpGround): void {
  const { directory } = chat

  const checkGuest = async (name: string) => {
    if (await chat.isRegistered(name)) throw new GlobesError(202, 'name')
  }

  app.post<InRoom>('/chats/:room/token', async (request, reply) => {
    const room = await findRoom(directory, request.params.room)
    const { secret, name } = fieldsOf(request.body) ?? {}
    if (room.visibility === 'public') {
      if (typeof name === 'string') await checkGuest(name)
      return { status: true }
    }
    if (typeof secret !== 'string') throw new GlobesError(304, 'secret')
    await chat.unlock(room, secret, addressOf(request)).catch(refuseGuess)
    if (typeof name !== 'string' || !isName(name) || isReserved(name)) throw new GlobesError(303, 'name')
    await checkGuest(name)
    return reply.code(201).send({ status: true, name, room_id: room.id, token: await tokens.issue(room, name) })
  })

  app.get<InRoom>('/chats/:room/token/renew', async (request, reply) => {
    const room = await findRoom(directory, request.params.room)
    if (room.visibility === 'public') return { status: true }
    const name = await tokens.read(room, tokenOf(request.headers))
    if (name === undefined) throw new GlobesError(403, 'token')
    return reply.code(201).send({ status: true, name, room_id: room.id, token: await tokens.issue(room, name) })
  })
}

async function refuseGuess(error: unknown): Promise<never> {
  if (error instanceof Refusal && error.reason !== 'unavailable') {
    await letGuesserWait()
    if (error.reason === 'password-wrong') throw new GlobesError(304, 'secret')
    if (error.reason === 'too-many-attempts') throw new GlobesError(304, 'secret', 429)
  }
  throw error
}
