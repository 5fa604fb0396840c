/** The settings of this browser and of the user. */
import { make, makeButton } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import type { Choices } from '../model/settings.ts'
import { changePassword, deleteAccount, register } from './account-dialogs.ts'
import { openDialog, whyNot } from './dialog.ts'
import { KEYS } from './keys-help.ts'
import { openSessions } from './sessions.ts'

type Flag = { [K in keyof Choices]: Choices[K] extends boolean ? K : never }[keyof Choices]
type Choice = Exclude<keyof Choices, Flag>

const CHOICES: { readonly [K in Choice]: readonly (readonly [value: Choices[K], text: string])[] } = {
  theme: [
    ['system', 'Same as system'],
    ['light', 'Light'],
    ['dark', 'Dark'],
  ],
  density: [
    ['comfortable', 'Comfortable'],
    ['compact', 'Compact'],
  ],
  clock: [
    ['system', 'Browser default'],
    ['24', '24 hours'],
    ['12', '12 hours'],
  ],
  notify: [
    ['all', 'All messages'],
    ['mentions', 'Mentions and private messages'],
    ['none', 'Nothing'],
  ],
}

export function openSettings(desk: Desk) {
  const { chat } = desk
  const body = make(
    'div',
    'dialog-body settings',
    section(
      'Appearance',
      choice(desk, 'theme', 'Theme'),
      choice(desk, 'density', 'Density'),
      choice(desk, 'clock', 'Time format'),
    ),
    section('Messages', flag(desk, 'comings', 'Show when people join and leave')),
    section(
      'Notifications',
      choice(desk, 'notify', 'Notify me about'),
      permission(),
      flag(desk, 'sound', 'Play a sound'),
      flag(desk, 'quiet', 'Do not disturb: no notifications or sounds'),
    ),
    ...(chat ? [blockedSection(desk), account(desk)] : []),
    section(
      'Keyboard shortcuts',
      make('dl', 'keys', ...KEYS.flatMap(([keys, text]) => [make('dt', '', keys), make('dd', '', text)])),
    ),
  )
  const dialog = openDialog(
    'Settings',
    'wide',
    body,
    make(
      'div',
      'row buttons',
      makeButton('Close', () => dialog.close()),
    ),
  )
}

function section(title: string, ...content: Node[]) {
  return make('section', '', make('h3', '', title), ...content)
}

function choice<K extends Choice>({ settings }: Desk, name: K, text: string) {
  const select = make('select', '', ...CHOICES[name].map(([value, text]) => new Option(text, value)))
  select.name = name
  select.value = settings.now[name]
  select.addEventListener('change', () => {
    settings.choose({ [name]: select.value })
    if (name === 'notify') void askPermission(select.value)
  })
  return make('label', 'choice', make('span', '', text), select)
}

function flag({ settings }: Desk, name: Flag, text: string) {
  const input = make('input', '')
  input.type = 'checkbox'
  input.name = name
  input.checked = settings.now[name]
  input.addEventListener('change', () => settings.choose({ [name]: input.checked }))
  return make('label', 'flag', input, text)
}

async function askPermission(notify: string) {
  if (notify !== 'none' && 'Notification' in window) await Notification.requestPermission()
}

/** Tells whether the browser allows notifications, and asks it. */
function permission() {
  const line = make('p', 'hint')
  const button = makeButton('Allow notifications', () => void Notification.requestPermission().then(show))
  function show() {
    const permission = 'Notification' in window ? Notification.permission : 'denied'
    button.hidden = permission !== 'default'
    if (permission === 'granted') line.textContent = ''
    else if (permission === 'default') line.textContent = 'Your browser needs to allow notifications first.'
    else line.textContent = 'Your browser blocks notifications from this page. You can change that in its settings.'
  }
  show()
  return make('div', 'field', line, button)
}

function blockedSection(desk: Desk) {
  const list = make('ul', 'plain-list')
  const wrong = make('p', 'wrong')
  async function show() {
    const names = (await desk.chat?.blocks.ask()) ?? []
    list.replaceChildren(
      ...names.map((name) => {
        const lift = () =>
          void desk.chat?.blocks.set(name, false).then(show, (error) => (wrong.textContent = whyNot(error)))
        const button = makeButton('Unblock', lift)
        button.ariaLabel = `Unblock ${name}`
        return make('li', 'row', make('span', 'grow', name), button)
      }),
    )
    if (names.length === 0) list.replaceChildren(make('li', 'hint', 'Nobody. To block someone, click their name.'))
  }
  void show().catch((error) => (wrong.textContent = whyNot(error)))
  return section('Blocked people', list, wrong)
}

function account(desk: Desk) {
  const isAccount = desk.chat?.user?.account
  const buttons = isAccount
    ? [
        makeButton("Where you're logged in…", () => void openSessions(desk)),
        makeButton('Change password…', () => changePassword(desk)),
        makeButton('Delete account…', () => deleteAccount(desk)),
      ]
    : [makeButton('Register this name…', () => register(desk))]
  const text = isAccount
    ? `${desk.chat?.nickname} is registered to you.`
    : "You're a guest. When you leave, anyone can use your name."
  return section('Account', make('p', 'hint', text), make('div', 'stack', ...buttons))
}
