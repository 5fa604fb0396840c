/** Keys of the page, as the settings list them. */
const command = /Mac|iPhone|iPad/.test(navigator.userAgent) ? 'Cmd' : 'Ctrl'

export const KEYS: readonly (readonly [keys: string, text: string])[] = [
  [`${command}+K`, 'Go to a room or a person'],
  ['Alt+↑, Alt+↓', 'Previous or next conversation'],
  ['Alt+Shift+↑, Alt+Shift+↓', 'Previous or next unread conversation'],
  ['Esc', 'Jump to the latest message and write'],
  ['Enter, Shift+Enter', 'Send, new line'],
  ['↑ in an empty message', 'Bring back what you sent before'],
  ['Enter, ↑, ↓ in the messages', "Move through messages; Enter opens a message's menu"],
  ['↑, ↓, Home, End', 'Move within a menu'],
]
