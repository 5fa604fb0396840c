/** The menu of the user: away, settings, account, and the way out. */
import type { Desk } from '../model/desk.ts'
import { changePassword, register } from './account-dialogs.ts'
import { ask, whyNot } from './dialog.ts'
import { type Action, openMenu } from './menu.ts'
import { openSessions } from './sessions.ts'
import { openSettings } from './settings-dialog.ts'

export function openMe(desk: Desk, opener: HTMLElement) {
  const { chat, settings } = desk
  if (!chat) return
  const { quiet } = settings.now
  const isAccount = chat.user?.account
  const actions: Action[] = [
    chat.away.text === undefined
      ? { text: 'Set yourself as away…', act: () => askAway(desk) }
      : { text: "I'm back", act: () => void chat.away.set(undefined).catch((error) => desk.toast(whyNot(error))) },
    { text: 'Do not disturb', isOn: quiet, act: () => settings.choose({ quiet: !quiet }) },
    { text: 'Settings…', act: () => openSettings(desk) },
    isAccount
      ? { text: 'Change password…', act: () => changePassword(desk) }
      : { text: 'Register this name…', act: () => register(desk) },
    ...(isAccount ? [{ text: "Where you're logged in…", act: () => void openSessions(desk) }] : []),
    { text: 'Log out', act: () => void desk.logOut() },
  ]
  openMenu(opener, 'You', actions)
}

function askAway({ chat }: Desk) {
  void ask({
    title: 'Set yourself as away',
    text: 'Others see it next to your name. You still get messages.',
    fields: [{ name: 'text', label: 'Reason', hint: 'Optional, for example “at lunch”.', most: 200 }],
    button: 'Set as away',
    act: async ({ text = '' }) => chat?.away.set(text.trim() || 'away'),
  })
}
