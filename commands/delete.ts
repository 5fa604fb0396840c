import { Refusal } from '../src/chat/refusal.ts'
import type { Command } from './command.ts'
import { Mistake } from './command.ts'
import { OK } from './replies.ts'
import { splitName } from './words.ts'

const IDS = 'JSON lines and records have the id, plain lines do not: /delete last <nickname> needs none'
const LAST = 'The user has said nothing among the newest events of the room'

export const deleteMessage: Command = {
  name: '/delete',
  usage: '/delete <id>|last <nickname> [<reason>]',
  help: 'Delete a message by its id, or the newest one of a user: your own within an hour, as an operator any.',
  hints: { 'missing-parameter': `/delete <id>|last <nickname> [<reason>]; ${IDS}`, 'message-unknown': IDS },
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, parameter) {
    const { redaction } = chat.moderation
    const [isLast, last = ''] = /^last(?:[ \t]+(.*))?$/is.exec(parameter) ?? []
    if (isLast !== undefined) {
      const { name, rest } = splitName(last)
      if (name === '') throw new Mistake('missing-parameter')
      await redaction.redactLast(session.inRoom(), name, rest).catch((error: unknown) => {
        const isUnknown = error instanceof Refusal && error.code === 'message-unknown'
        throw isUnknown ? new Mistake('message-unknown', `last ${name}`, LAST) : error
      })
      return OK
    }
    const [, id, why = ''] = /^(\d{1,16})(?:[ \t]+(.*))?$/s.exec(parameter) ?? []
    if (id === undefined) throw new Mistake('message-unknown', parameter)
    await redaction.redact(session.inRoom(), Number(id), why)
    return OK
  },
}
