import type { Command } from './command.ts'
import { Mistake } from './command.ts'
import { OK } from './replies.ts'

export const deleteMessage: Command = {
  name: '/delete',
  usage: '/delete <id> [<reason>]',
  help: 'Delete a message by its id: your own within an hour, as an operator any.',
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, parameter) {
    const [, id, why = ''] = /^(\d{1,16})(?:[ \t]+(.*))?$/s.exec(parameter) ?? []
    if (id === undefined) throw new Mistake('message-unknown', parameter)
    await chat.moderation.redaction.redact(session.inRoom(), Number(id), why)
    return OK
  },
}
