/** Dialogs for an account: making one, changing its password, its end. */
import { register as registerName } from '../model/account.ts'
import type { Desk } from '../model/desk.ts'
import { ask } from './dialog.ts'

const NEW_PASSWORD = {
  label: 'New password',
  type: 'password',
  hint: 'At least 8 characters.',
  isNeeded: true,
  autocomplete: 'new-password',
  codes: ['secret-invalid'],
} as const

const OLD_PASSWORD = {
  name: 'old',
  label: 'Current password',
  type: 'password',
  isNeeded: true,
  autocomplete: 'current-password',
  codes: ['secret-wrong'],
} as const

/** Makes the user's name an account. */
export function register(desk: Desk) {
  const { chat } = desk
  if (!chat) return
  void ask({
    title: `Register ${chat.nickname}`,
    text: 'Nobody will be able to use this name without the password, here or in any other client.',
    account: chat.nickname,
    fields: [{ ...NEW_PASSWORD, name: 'password', label: 'Password' }],
    button: 'Register',
    act: async ({ password = '' }) => {
      await registerName(chat, password)
      desk.toast(`${chat.nickname} is registered.`)
    },
  })
}

export function changePassword(desk: Desk) {
  const { chat } = desk
  if (!chat) return
  void ask({
    title: 'Change your password',
    text: "You'll be logged out everywhere else.",
    account: chat.nickname,
    fields: [OLD_PASSWORD, { ...NEW_PASSWORD, name: 'password' }],
    button: 'Change password',
    act: async ({ old = '', password = '' }) => {
      await chat.command(`/passwd ${JSON.stringify(old)} ${password}`)
      desk.toast('Password changed.')
    },
  })
}

export function deleteAccount(desk: Desk) {
  const { chat } = desk
  if (!chat) return
  void ask({
    title: `Delete the account ${chat.nickname}?`,
    text: 'This deletes your private messages and blocks, and logs you out everywhere. Nobody can use the name for 30 days. Your messages in rooms stay.',
    account: chat.nickname,
    fields: [OLD_PASSWORD],
    button: 'Delete account',
    isGrave: true,
    act: async ({ old = '' }) => {
      await chat.command(`/unregister ${old}`)
      await desk.logOut()
    },
  })
}
