/** The menu of the user: away, settings, account, and the way out. */
import type { Desk } from '../model/desk.ts'
import { changePassword, register } from './account-dialogs.ts'
import { ask, whyNot } from './dialog.ts'
import { type Action, openMenu } from './menu.ts'
import { openSessions } from './sessions.ts'
import { openSettings } from './settings-dialog.ts'

export function openMe(desk: Desk, opener: HTMLElement) {
  const { chat } = desk
  if (!chat) return
  const isAccount = chat.user?.account
  const actions: Action[] = [
    chat.away === undefined
      ? { text: 'Set yourself away…', act: () => askAway(desk) }
      : { text: 'I am back', act: () => void chat.setAway(undefined).catch((error) => desk.toast(whyNot(error))) },
    { text: 'Settings…', act: () => openSettings(desk) },
    isAccount
      ? { text: 'Change password…', act: () => changePassword(desk) }
      : { text: 'Register this name…', act: () => register(desk) },
    ...(isAccount ? [{ text: 'Where you are logged in…', act: () => void openSessions(desk) }] : []),
    { text: 'Log out', act: () => void desk.logOut() },
  ]
  openMenu(opener, 'You', actions)
}

function askAway({ chat }: Desk) {
  void ask({
    title: 'Set yourself away',
    text: 'Others see it beside your name. Messages still come.',
    fields: [{ name: 'text', label: 'Why', hint: 'Optional, such as “at lunch”.', most: 200 }],
    button: 'Set away',
    act: async ({ text = '' }) => chat?.setAway(text.trim() || 'away'),
  })
}
