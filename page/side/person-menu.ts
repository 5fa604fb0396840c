/** The menu of a person: what one may do with them, or to them. */
import { isSameName } from '../../src/client/nickname.ts'
import { nicknameWord } from '../../src/client/room-lines.ts'
import { the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { isAtLeast } from '../model/members.ts'
import { ask, whyNot } from './dialog.ts'
import { openMe } from './me-menu.ts'
import { type Action, openMenu } from './menu.ts'
import { isOperator, ownRank } from './rights.ts'
import { openSessionsOf } from './sessions.ts'

const TIMES = [
  ['10m', '10 minutes'],
  ['1h', '1 hour'],
  ['1d', '1 day'],
  ['7d', '7 days'],
  ['30d', '30 days'],
  ['forever', 'Permanently'],
] as const

/** Actions that take a reason, whether they take a time, and their explanations. */
const SANCTIONS = {
  Mute: { takesTime: true, text: 'Muted people can read but not write.' },
  Kick: { takesTime: false, text: 'This removes them from the room. They can come back.' },
  Ban: { takesTime: true, text: 'This removes them from the room and keeps them out until the ban ends.' },
} as const
type Sanction = keyof typeof SANCTIONS

/** Lets names open their menus. */
export function servePersons(desk: Desk) {
  desk.openPerson = (nickname, opener) => {
    const { chat } = desk
    if (!chat) return
    if (isSameName(nickname, chat.nickname)) return openMe(desk, opener)
    openMenu(opener, nickname, [
      ...personal(desk, nickname),
      ...moderating(desk, nickname),
      ...supervising(desk, nickname),
    ])
  }
}

/** Shows the private conversation with somebody. */
export function messagePrivately(desk: Desk, nickname: string) {
  if (desk.chat) desk.show(desk.chat.privateWith(nickname))
  the('text', HTMLTextAreaElement).focus()
}

function personal(desk: Desk, nickname: string): Action[] {
  const { chat } = desk
  const isBlocked = chat?.blocks.has(nickname)
  return [
    { text: 'Message privately', act: () => messagePrivately(desk, nickname) },
    ...(desk.room ? [{ text: 'Mention', act: () => desk.address(nickname) }] : []),
    {
      text: isBlocked ? 'Unblock' : 'Block',
      act: () =>
        void chat?.blocks.set(nickname, !isBlocked).then(
          () =>
            desk.toast(
              isBlocked ? `${nickname} is unblocked.` : `${nickname} is blocked. You won't see each other's messages.`,
            ),
          (error) => desk.toast(whyNot(error)),
        ),
    },
  ]
}

function moderating(desk: Desk, nickname: string): Action[] {
  const { room } = desk
  if (!room || !isOperator(desk)) return []
  const { members } = room
  const rank = members.rankOf(nickname)
  const isHere = members.has(nickname)
  const isOutranked = !isAtLeast(rank, ownRank(desk))
  const at = (text: string, command: string) => ({
    text,
    act: () => void room.command(command, nicknameWord(nickname)).catch((error) => desk.toast(whyNot(error))),
  })
  const sanction = (kind: Sanction) => ({
    text: `${kind}…`,
    isGrave: true,
    act: () => askSanction(desk, kind, nickname),
  })
  return [
    ...(isHere && rank === 'member' ? [at('Give voice', '/voice')] : []),
    ...(isHere && rank === 'voiced' ? [at('Remove voice', '/devoice')] : []),
    ...(isHere && !isAtLeast(rank, 'operator') ? [at('Make operator', '/op')] : []),
    ...(rank === 'operator' && isOutranked ? [at('Remove as operator', '/deop')] : []),
    ...(isOutranked && members.isMuted(nickname) ? [at('Unmute', '/unmute')] : []),
    ...(isOutranked && isHere && !members.isMuted(nickname) ? [sanction('Mute')] : []),
    ...(isOutranked && isHere ? [sanction('Kick')] : []),
    ...(isOutranked ? [sanction('Ban')] : []),
  ]
}

function askSanction(desk: Desk, kind: Sanction, nickname: string) {
  const { room } = desk
  const { takesTime, text } = SANCTIONS[kind]
  void ask({
    title: `${kind} ${nickname}`,
    text,
    fields: [
      { name: 'reason', label: 'Reason', hint: 'Optional. Everyone in the room can see it.', most: 300 },
      ...(takesTime
        ? [
            {
              name: 'time',
              label: 'For how long',
              type: 'choice',
              choices: TIMES,
              value: kind === 'Mute' ? '1h' : 'forever',
            } as const,
          ]
        : []),
    ],
    button: kind,
    isGrave: true,
    act: async ({ reason = '', time = '' }) => {
      const told = await room?.command(`/${kind.toLowerCase()}`, nicknameWord(nickname), time, reason.trim())
      // Others at the address are covered, too.
      if (told) desk.toast(`${told}.`)
    },
  })
}

function supervising(desk: Desk, nickname: string): Action[] {
  const { chat } = desk
  if (!chat?.user?.admin) return []
  return [
    { text: 'Sessions…', act: () => void openSessionsOf(desk, nickname) },
    {
      text: 'Disconnect…',
      isGrave: true,
      act: () =>
        void ask({
          title: `Disconnect ${nickname}`,
          text: 'This ends all of their sessions. They can log in again.',
          fields: [{ name: 'why', label: 'Reason', hint: 'Optional. They will see it.', most: 300 }],
          button: 'Disconnect',
          isGrave: true,
          act: ({ why = '' }) => chat.command(`/disconnect ${nicknameWord(nickname)} ${why.trim()}`.trim()),
        }),
    },
  ]
}
