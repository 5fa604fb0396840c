import { type Command, Mistake } from './command.ts'

export const who: Command = {
  name: '/who',
  usage: '/who [<room>]',
  help: 'The members of your room, or of another one, in order of joining.',
  state: 'named',
  least: 0,
  async run({ chat, session }, parameter) {
    const name = parameter || session.membership?.room.record.slug
    if (!name) throw new Mistake('not-in-room')
    const { room, members } = await chat.rooms.members(name)
    const text = members.length === 0 ? `Nobody is in ${room}` : `In ${room}: ${members.join(', ')}`
    return { type: 'commandResult', result: text, room, members: [...members] }
  },
}
