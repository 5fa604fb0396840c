/** Dialogs with the sessions of the user, or, for admins, of anybody. */
import type { CommandResult } from '../../commands/replies.ts'
import { make, makeButton } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { dateOf } from '../model/happening.ts'
import { identity } from '../model/storage.ts'
import { Clock } from '../talk/times.ts'
import { ask, openDialog, whyNot } from './dialog.ts'

type Session = NonNullable<CommandResult['sessions']>[number]

const NAMES: Readonly<Record<string, string>> = { line: 'Web page or line client', irc: 'IRC' }

/** Shows where the user is logged in. */
export async function openSessions(desk: Desk) {
  const clock = new Clock(desk.settings.now.clock)
  const list = make('ul', 'plain-list')
  const others = makeButton(
    'Log out everywhere else',
    () => void logOut(sessions.filter((session) => !isHere(session))),
  )
  const { dialog, wrong } = sessionsDialog("Where you're logged in", list, others)
  let sessions: readonly Session[] = []

  async function show() {
    sessions = (await desk.chat?.command('/sessions'))?.sessions ?? []
    list.replaceChildren(
      ...sessions.map((session) => {
        const button = makeButton('Log out', () => void logOut([session]))
        return row(clock, session, isHere(session) ? make('span', 'hint', 'This browser') : button)
      }),
    )
    others.hidden = sessions.every(isHere)
    if (!dialog.contains(document.activeElement)) dialog.querySelector('button')?.focus()
  }

  async function logOut(wanted: readonly Session[]) {
    try {
      for (const { id } of wanted) await desk.chat?.command(`/logout ${id}`)
      await show()
    } catch (error) {
      wrong.textContent = whyNot(error)
    }
  }

  await show().catch((error) => (wrong.textContent = whyNot(error)))
}

/** Shows an admin the sessions of a user. */
export async function openSessionsOf(desk: Desk, nickname: string) {
  const { chat } = desk
  if (!chat) return
  const clock = new Clock(desk.settings.now.clock)
  const list = make('ul', 'plain-list')
  const { wrong } = sessionsDialog(`Sessions of ${nickname}`, list)
  try {
    const { sessions = [] } = await chat.command(`/whois ${nickname}`)
    list.replaceChildren(
      ...sessions.map((session) =>
        row(
          clock,
          session,
          makeButton('Ban address…', () => banAddress(desk, session.address)),
        ),
      ),
    )
  } catch (error) {
    wrong.textContent = whyNot(error)
  }
}

function banAddress({ chat }: Desk, address: string) {
  void ask({
    title: `Ban ${address}`,
    text: 'Nobody will be able to connect from this address. Admins can lift the ban with /unban-address.',
    fields: [
      {
        name: 'time',
        label: 'For how long',
        type: 'choice',
        choices: [
          ['1h', '1 hour'],
          ['1d', '1 day'],
          ['30d', '30 days'],
          ['forever', 'Permanently'],
        ],
        value: '1d',
      },
      { name: 'why', label: 'Reason', hint: 'Optional. They will see it.', most: 300 },
    ],
    button: 'Ban address',
    isGrave: true,
    act: async ({ time = '', why = '' }) => chat?.command(`/ban-address ${address} ${time} ${why}`.trimEnd()),
  })
}

function sessionsDialog(title: string, ...content: Node[]) {
  const wrong = make('p', 'wrong')
  wrong.role = 'alert'
  const close = makeButton('Close', () => dialog.close())
  const dialog = openDialog(title, '', make('div', 'dialog-body', ...content, wrong), make('div', 'row buttons', close))
  return { dialog, wrong }
}

function row(clock: Clock, { nickname, protocol, address, since, account, token }: Session, ...end: Node[]) {
  const kind = token ? `access token ${token}` : account ? nickname : `${nickname} (guest)`
  const what = make(
    'div',
    'grow',
    NAMES[protocol] ?? protocol,
    make('p', 'hint', `${kind}, from ${address}, since ${clock.when(dateOf(since))}`),
  )
  return make('li', 'row', what, ...end)
}

/** True for the sessions of this browser, of which there is one for each room and tab. */
function isHere({ current, token }: Session) {
  return current === true || (token !== undefined && token === identity.value?.tokenName)
}
