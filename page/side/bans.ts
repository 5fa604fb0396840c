/** The dialog with the bans of a room. */
import { resultOf } from '../../src/client/requests.ts'
import { nicknameWord } from '../../src/client/room-lines.ts'
import { make, makeButton } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { dateOf } from '../model/happening.ts'
import { Clock } from '../talk/times.ts'
import { openDialog, whyNot } from './dialog.ts'

export async function openBans({ room, settings }: Desk) {
  const clock = new Clock(settings.now.clock)
  const list = make('ul', 'plain-list')
  const wrong = make('p', 'wrong')
  wrong.role = 'alert'
  const close = makeButton('Close', () => dialog.close())
  const body = make('div', 'dialog-body', list, wrong)
  const dialog = openDialog(`Banned from #${room?.name}`, '', body, make('div', 'row buttons', close))

  async function show() {
    const reply = await room?.joined?.ask('/bans')
    const bans = (reply && resultOf(reply).bans) ?? []
    const rows = bans.map(({ to, by, until, reason = '' }) => {
      const button = makeButton('Unban', () => void lift(to))
      button.ariaLabel = `Unban ${to}`
      const end = until ? `until ${clock.when(dateOf(until))}` : 'permanently'
      const why = `By ${by}, ${end}${reason && `: ${reason}`}`
      return make('li', 'row', make('div', 'grow', to, make('p', 'hint', why)), button)
    })
    list.replaceChildren(...(rows.length > 0 ? rows : [make('li', 'hint', 'Nobody is banned.')]))
    if (!dialog.contains(document.activeElement)) close.focus()
  }

  async function lift(name: string) {
    try {
      await room?.command('/unban', nicknameWord(name))
      await show()
    } catch (error) {
      wrong.textContent = whyNot(error)
    }
  }

  await show().catch((error) => (wrong.textContent = whyNot(error)))
}
