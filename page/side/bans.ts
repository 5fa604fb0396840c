/** The dialog with the bans and mutes of a room. */
import { resultOf } from '../../src/client/requests.ts'
import { nicknameWord } from '../../src/client/room-lines.ts'
import { make, makeButton } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { dateOf } from '../model/happening.ts'
import { Clock } from '../talk/times.ts'
import { openDialog, whyNot } from './dialog.ts'

const KINDS = [
  { list: 'bans', lift: 'Unban', nobody: 'Nobody is banned.' },
  { list: 'mutes', lift: 'Unmute', nobody: 'Nobody is muted.' },
] as const

export async function openBans({ room, settings }: Desk) {
  const clock = new Clock(settings.now.clock)
  const lists = KINDS.map(() => make('ul', 'plain-list'))
  const wrong = make('p', 'wrong')
  wrong.role = 'alert'
  const close = makeButton('Close', () => dialog.close())
  const body = make('div', 'dialog-body', ...lists, wrong)
  const dialog = openDialog(`Bans and mutes of #${room?.name}`, '', body, make('div', 'row buttons', close))

  async function show() {
    await Promise.all(
      KINDS.map(async ({ list, lift, nobody }, place) => {
        const reply = await room?.joined?.ask(`/${list}`)
        if (!reply) return
        const { [list]: listed = [], more } = resultOf(reply)
        const rows = listed.map(({ to, by, address, until, reason = '' }) => {
          const button = makeButton(lift, () => void end(lift, to))
          button.ariaLabel = `${lift} ${to}`
          const term = until ? `until ${clock.when(dateOf(until))}` : 'permanently'
          const why = `By ${by}, ${term}${reason && `: ${reason}`}${address ? '. Includes guests at the same address.' : ''}`
          return make('li', 'row', make('div', 'grow', to, make('p', 'hint', why)), button)
        })
        if (more) rows.unshift(make('li', 'hint', `${more} older`))
        lists[place]?.replaceChildren(...(rows.length > 0 ? rows : [make('li', 'hint', nobody)]))
      }),
    )
    if (!dialog.contains(document.activeElement)) close.focus()
  }

  async function end(lift: string, name: string) {
    try {
      await room?.command(`/${lift.toLowerCase()}`, nicknameWord(name))
      await show()
    } catch (error) {
      wrong.textContent = whyNot(error)
    }
  }

  await show().catch((error) => (wrong.textContent = whyNot(error)))
}
