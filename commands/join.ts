import { SLUG_WORDS } from '../src/chat/names.ts'
import { type Command, Mistake } from './command.ts'
import { result } from './replies.ts'

const TWO_WORDS = `A name has ${SLUG_WORDS}; a second word is the password of a room that has one`

export const join: Command = {
  name: 'JOIN',
  aliases: ['JOIN ROOM'],
  usage: 'JOIN <room> [<password>]',
  help: 'Enter a room, which is created if it does not exist, and leave the present one.',
  state: 'named',
  least: 1,
  async run({ chat, session, address }, parameter) {
    const [, room = '', password] = /^(\S*)(?:[ \t]+(.*))?$/s.exec(parameter) ?? []
    const record = password === undefined ? undefined : await chat.rooms.find(room)
    // Two words are an invalid name unless the first is a room with a password.
    if (password !== undefined && record?.hash === undefined)
      throw new Mistake('room-name-invalid', parameter, TWO_WORDS)
    if (record && password !== undefined) await chat.unlock(record, password, address)
    const joined = await chat.join(session, record?.id ?? room, { moves: true, unlocked: record })
    return result(`Joined room ${joined.room.record.slug}`)
  },
}
