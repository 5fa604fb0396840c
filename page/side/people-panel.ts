/** The members of the room that is shown. */
import { foldName, isSameName } from '../../src/client/nickname.ts'
import type { RoomMember } from '../../src/client/room-options.ts'
import { make, makeButton, the } from '../dom.ts'
import { iconButton } from '../icons.ts'
import type { Desk } from '../model/desk.ts'
import { oncePerFrame } from '../model/signal.ts'
import { tint } from '../talk/names.ts'
import { KeyedList } from './keyed-list.ts'

/** Names that are listed. */
const MOST = 300
/** Names from which on they can be filtered. */
const MANY = 15
/** Time between two renderings of a long list, in ms. */
const REST_MS = 250
/** Time between two questions for who is away, in ms. */
const REFRESH_MS = 30_000

let collator: Intl.Collator | undefined

/** Order of the marks of ranks in the list; the others are for members of any rank. */
const RANKS: readonly string[] = ['owner', 'operator', 'voiced']

export class PeoplePanel {
  readonly #desk: Desk
  readonly #filter = the('people-filter', HTMLInputElement)
  readonly #more = the('people-more', HTMLElement)
  readonly #list: KeyedList<RoomMember, HTMLLIElement>
  /** Sign of the people shown: nothing is done while it is the same. */
  #shown = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    this.#list = new KeyedList(the('people', HTMLElement), {
      keyOf: ({ nickname }) => foldName(nickname),
      make: ({ nickname }) => {
        const button = tint(
          makeButton(nickname, () => desk.openPerson(nickname, button)),
          nickname,
        )
        button.className = 'name'
        button.dir = 'auto'
        button.ariaHasPopup = 'menu'
        button.setAttribute('aria-expanded', 'false')
        return make('li', '', button)
      },
      update: (row, member) => this.#mark(row, member),
    })
    the('people-head', HTMLElement).append(iconButton('close', 'Close people', () => desk.panels.close()))
    const render = oncePerFrame(() => this.#show())
    const soon = () => {
      if ((desk.room?.members.size ?? 0) < 100) return render()
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        render()
      }, REST_MS)
    }
    this.#filter.addEventListener('input', render)
    desk.panels.changed.on(render)
    // No event tells who is away.
    setInterval(() => {
      if (!document.hidden && desk.panels.right === 'people' && desk.chat?.connections.isOnline) desk.room?.askMembers()
    }, REFRESH_MS)
    let chat = desk.chat
    let room = desk.room
    desk.moved.on(() => {
      if (desk.chat !== chat) desk.chat?.changed.on(soon)
      if (desk.room !== room) {
        this.#filter.value = ''
        desk.room?.askMembers()
      }
      chat = desk.chat
      room = desk.room
      render()
    })
  }

  #show() {
    const { room, panels, chat } = this.#desk
    if (panels.right !== 'people') return
    const text = this.#filter.value.trim()
    const state = [room?.key, room?.members.version, chat?.blocks.size, text].join()
    if (state === this.#shown) return
    this.#shown = state
    const folded = foldName(text)
    const all = room?.members.all ?? []
    const people = all.filter(({ nickname }) => foldName(nickname).includes(folded)).sort(byRank)
    this.#list.show(people.slice(0, MOST))
    this.#filter.hidden = all.length <= MANY && text === ''
    const left = people.length - MOST
    if (left > 0) this.#more.textContent = `${left} more. Search by name to find them.`
    else this.#more.textContent = people.length === 0 && text !== '' ? 'Nobody here has that name.' : ''
  }

  #mark(row: HTMLLIElement, { nickname, marks, away = '' }: RoomMember) {
    const { chat } = this.#desk
    const words = (marks as readonly string[]).filter((mark) => mark !== 'account')
    if (isSameName(nickname, chat?.nickname ?? '')) words.push('you')
    if (chat?.blocks.has(nickname)) words.push('blocked')
    row.className = [...marks].join(' ')
    const title = away && away !== 'away' ? `Away: ${away}` : ''
    if (row.title !== title) row.title = title
    const [, mark] = row.children
    const text = words.join(', ')
    if (text === (mark?.textContent ?? '')) return
    mark?.remove()
    if (text !== '') row.append(make('span', 'mark', text))
  }
}

function byRank(a: RoomMember, b: RoomMember) {
  collator ??= new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
  return rankOf(a) - rankOf(b) || collator.compare(a.nickname, b.nickname)
}

function rankOf({ marks }: RoomMember) {
  const at = marks.map((mark) => RANKS.indexOf(mark)).filter((rank) => rank >= 0)
  return Math.min(...at, RANKS.length)
}
