import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket, TicketLogin, Tickets } from '../../chat/tickets.ts'

/** The cookie's name (docs/protocols/piratchat.md, section 5). */
const NAME = 'session'

/** The session of a request: a ticket in a cookie (docs/protocols/piratchat.md, section 2.2). */
export class Passes {
  readonly #tickets: Tickets

  constructor(tickets: Tickets) {
    this.#tickets = tickets
  }

  /** Resolves with the cookie's owner; undefined after a reply with 422 without a cookie, or 401 for an invalid one. */
  async check(request: FastifyRequest, reply: FastifyReply): Promise<TicketLogin | undefined> {
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

  /** Resolves with the cookie's owner; undefined without a valid cookie. */
  async find(request: FastifyRequest): Promise<TicketLogin | undefined> {
    const value = request.cookies[NAME]
    return value === undefined ? undefined : this.#tickets.use(value)
  }

  /** Adds the cookie to the reply. */
  send(request: FastifyRequest, reply: FastifyReply, ticket: Ticket): void {
    // Replaces the cookie of an earlier check.
    reply.removeHeader('Set-Cookie').header('Set-Cookie', this.#cookie(request, ticket))
  }

  /** Deletes the cookie in the browser. */
  clear(request: FastifyRequest, reply: FastifyReply): void {
    this.send(request, reply, { value: '', until: 0 })
  }

  #cookie({ protocol }: FastifyRequest, { value, until }: Ticket): string {
    const expires = new Date(until).toUTCString()
    return `${NAME}=${value}; expires=${expires}; Path=/; HttpOnly; SameSite=Lax${protocol === 'https' ? '; Secure' : ''}`
  }
}
