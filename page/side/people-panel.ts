/** The members of the room that is shown. */
import { make, the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { oncePerFrame } from '../model/signal.ts'

export class PeoplePanel {
  constructor(desk: Desk) {
    const render = oncePerFrame(() => {
      const members = desk.room?.members.all ?? []
      the('people', HTMLElement).replaceChildren(
        ...members.map(({ nickname, marks }) => make('li', '', `${nickname} ${marks.join(' ')}`)),
      )
    })
    desk.moved.on(() => {
      desk.chat?.changed.on(render)
      render()
    })
  }
}
