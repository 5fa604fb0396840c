import type { FastifyInstance } from 'fastify'
import { readObject } from '../json.ts'
import { GlobesError } from './errors.ts'
import { sendLogin } from './logins.ts'
import type { GlobesContext } from './options.ts'
import { refuseGuess } from './refusals.ts'

/** Colour of every account: the default of the browser clients, as accounts store none. */
const COLOR = 'purple'

/** Adds `POST /auth`, which issues the token of an account (docs/protocols/globes.md, section 2.14). */
export function addAuth(app: FastifyInstance, shared: GlobesContext): void {
  const { chat, requests } = shared
  app.post('/auth', async (request, reply) => {
    const { username, password } = readObject(request.body) ?? {}
    if (typeof username !== 'string' || typeof password !== 'string') throw new GlobesError(304, 'password')
    const proof = await chat.accounts
      .authenticate(username, password, requests.addressOf(request))
      .catch((error) => refuseGuess(error, 304, 'password'))
    const ticket = await chat.tickets.issue(proof)
    sendLogin(shared, request, reply, ticket)
    return reply.code(201).send({ status: true, name: proof.name, color: COLOR, token: ticket.value })
  })
}
