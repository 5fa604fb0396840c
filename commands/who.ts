import type { Rank } from '../src/chat/room-state.ts'
import { type Command, Mistake } from './command.ts'
import { OK } from './replies.ts'

export const who: Command = {
  name: '/who',
  usage: '/who [<room>]',
  help: 'The members of your room, or of another one, in order of joining.',
  state: 'named',
  least: 0,
  async run({ chat, session }, parameter) {
    const name = parameter || session.membership?.room.record.slug
    if (!name) throw new Mistake('not-in-room')
    if (!(await chat.workTurns.next(session))) return OK
    const { id, room, members } = await chat.rooms.members(name, session)
    const [ranks, accounts] = await Promise.all([chat.users.ranks(id, members), chat.people.accounts(id)])
    // Many may have waited for the same accounts.
    if (!(await chat.workTurns.next(session))) return OK
    const away = chat.away.in(id)
    const marked = members.map((nickname) => {
      const rank = ranks.get(nickname) ?? 'member'
      const reason = away.get(nickname)
      const account = accounts.get(nickname)
      const marks = [
        ...(isMark(rank) ? [rank] : []),
        ...(reason === undefined ? [] : ['away' as const]),
        ...(account?.bot ? ['bot' as const] : []),
        ...(account ? ['account' as const] : []),
      ]
      return { nickname, marks, ...(reason && { away: reason }) }
    })
    const shown = marked.map(({ nickname, marks }) =>
      [nickname, ...marks.filter((mark) => mark !== 'account').map((mark) => `(${mark})`)].join(' '),
    )
    const text = members.length === 0 ? `Nobody is in ${room}` : `In ${room}: ${shown.join(', ')}`
    const marks = marked.filter((member) => member.marks.length > 0)
    return { type: 'commandResult', result: text, room, members: [...members], ...(marks.length > 0 && { marks }) }
  },
}

function isMark(rank: Rank): rank is 'owner' | 'operator' | 'voiced' {
  return rank === 'owner' || rank === 'operator' || rank === 'voiced'
}
