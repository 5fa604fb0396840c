import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Proof } from '../../chat/credentials.ts'
import type { Ticket, Tickets } from '../../chat/tickets.ts'

/** The cookie's name (docs/protocols/piratchat.md, section 5). */
const NAME = 'session'

/** The user behind a request. */
export interface Pass {
  readonly proof: Proof
  readonly ticket: Ticket
}

/** The session of a request: a ticket in a cookie (docs/protocols/piratchat.md, section 2.2). */
export class Passes {
  readonly #tickets: Tickets

  constructor(tickets: Tickets) {
    this.#tickets = tickets
  }

  /** The cookie's owner. Replies 422 without a cookie and 401 for one that is not good, and then it is undefined. */
  async check(request: FastifyRequest, reply: FastifyReply): Promise<Pass | undefined> {
    const value = request.cookies[NAME]
    if (value === undefined) {
      reply.code(422).send()
      return undefined
    }
    const pass = await this.#tickets.use(value)
    if (pass) this.send(request, reply, pass.ticket)
    else reply.code(401).send()
    return pass
  }

  /** The cookie's owner, if there is one. */
  async find(request: FastifyRequest): Promise<Pass | undefined> {
    const value = request.cookies[NAME]
    return value === undefined ? undefined : this.#tickets.use(value)
  }

  /** Sends the cookie along with whatever the reply will be. */
  send(request: FastifyRequest, reply: FastifyReply, ticket: Ticket): void {
    // Replaces the one of an earlier check, where `header` alone adds to it.
    reply.removeHeader('Set-Cookie').header('Set-Cookie', this.#cookie(request, ticket))
  }

  /** Has the browser forget the cookie. */
  clear(request: FastifyRequest, reply: FastifyReply): void {
    this.send(request, reply, { value: '', until: 0 })
  }

  #cookie({ protocol }: FastifyRequest, { value, until }: Ticket): string {
    const expires = new Date(until).toUTCString()
    return `${NAME}=${value}; expires=${expires}; Path=/; HttpOnly; SameSite=Lax${protocol === 'https' ? '; Secure' : ''}`
  }
}
