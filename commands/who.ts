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
    const { id, room, members } = await chat.rooms.members(name)
    const away = chat.away.in(id)
    const shown = members.map((member) => (away.has(member) ? `${member} (away)` : member))
    const text = members.length === 0 ? `Nobody is in ${room}` : `In ${room}: ${shown.join(', ')}`
    const marks = members.flatMap((nickname) => {
      const reason = away.get(nickname)
      return reason === undefined ? [] : [{ nickname, marks: ['away' as const], ...(reason && { away: reason }) }]
    })
    return { type: 'commandResult', result: text, room, members: [...members], ...(marks.length > 0 && { marks }) }
  },
}
