/** The logins of requests: tickets in a cookie (docs/protocols/piratchat.md, section 2.2). */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket, TicketLogin, Tickets } from '../../chat/tickets.ts'

/** The cookie's name (docs/protocols/piratchat.md, section 5). */
const NAME = 'session'

/** Resolves with the cookie's owner; undefined after a reply with 422 without a cookie, or 401 for an invalid one. */
export async function checkPass(
  tickets: Tickets,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<TicketLogin | undefined> {
  const value = request.cookies[NAME]
  if (value === undefined) return void reply.code(422).send()
  const pass = await tickets.use(value)
  if (pass) sendPass(request, reply, pass.ticket)
  else reply.code(401).send()
  return pass
}

/** Resolves with the cookie's owner; undefined without a valid cookie. */
export function findPass(tickets: Tickets, { cookies }: FastifyRequest): Promise<TicketLogin | undefined> {
  return tickets.use(cookies[NAME] ?? '')
}

/** Adds the cookie to the reply; without a ticket, the browser deletes it. */
export function sendPass(
  { protocol }: FastifyRequest,
  reply: FastifyReply,
  { value, until }: Ticket = { value: '', until: 0 },
): void {
  const expires = new Date(until).toUTCString()
  const secure = protocol === 'https' ? '; Secure' : ''
  const cookie = `${NAME}=${value}; expires=${expires}; Path=/; HttpOnly; SameSite=Lax${secure}`
  // Replaces the cookie of an earlier check.
  reply.removeHeader('Set-Cookie').header('Set-Cookie', cookie)
}
