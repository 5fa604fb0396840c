import type { FastifyInstance } from 'fastify'
import type { Saying } from '../../chat/speech.ts'
import { isText, jsonOf, textOf } from './body.ts'
import type { RoomsApiContext } from './context.ts'
import { keyOf, nonceAt, once, wholeText } from './sayings.ts'
import { API_PRIVATE, NO_PARAMETERS } from './schemas.ts'
import { checked, checkedQuery } from './validation.ts'

interface UserPath {
  Params: { user: string }
}

/** Adds the request that sends a private message (docs/protocols/rooms-api.md, section 2.5). */
export function addPrivate(app: FastifyInstance, context: RoomsApiContext): void {
  const { pacer } = context
  app.post<UserPath>('/users/:user/messages', async (request, reply) => {
    const { author } = await context.authorization.authorize(request, 'write')
    await checkedQuery(NO_PARAMETERS, request.query)
    pacer.check(author)
    pacer.count(author, pacer.paceOf(request, author), 1)
    const key = keyOf(request)
    const { user } = request.params
    const message: Saying = isText(request.bodyType)
      ? { text: wholeText(textOf(request)) }
      : await checked(API_PRIVATE, jsonOf(request), 'The body')
    const { text, nonce } = key === undefined ? message : { ...message, nonce: nonceAt(key, 1) }
    const { keyedRequests, messages, posting } = context.chat
    const send = () => messages.sendFrom(author, user, { text, nonce })
    if (nonce === undefined) {
      await send()
    } else {
      posting.checkText(text)
      await once(keyedRequests, { author, place: user, key: nonce, request: text }, send)
    }
    return reply.code(204).send()
  })
}
