/** Dialogs that ask for something: a form with fields, a button that does it, and Cancel. */
import { DisconnectedError, RefusedError } from '../../src/client/errors.ts'
import { make, makeButton } from '../dom.ts'

export interface Field {
  readonly name: string
  readonly label: string
  /** A line of text unless given. */
  readonly type?: 'text' | 'password' | 'date' | 'number' | 'lines' | 'choice' | 'switch'
  /** Of a switch, `on` or empty. */
  readonly value?: string | undefined
  /** Of a choice: values and their texts. */
  readonly choices?: readonly (readonly [value: string, text: string])[]
  readonly hint?: string
  readonly isNeeded?: boolean
  /** Maximum number of characters, or of a number. */
  readonly most?: number
  readonly autocomplete?: AutoFill
  /** Codes of the refusals that are about this field; those of no field are shown at the first one. */
  readonly codes?: readonly string[]
}

export type Answers = Readonly<Record<string, string>>

export interface Question {
  readonly title: string
  readonly text?: string
  readonly fields?: readonly Field[]
  /** Text of the button that does it. */
  readonly button: string
  readonly isGrave?: boolean
  /** The account of the passwords that are asked for, by which a password manager keeps them. */
  readonly account?: string
  /** Does it. The dialog stays open when it rejects with a RefusedError or DisconnectedError, and shows why. */
  readonly act: (answers: Answers) => Promise<unknown>
}

let count = 0

/** Returns why something could not be done, as a sentence. */
export function whyNot(error: unknown) {
  if (error instanceof RefusedError) return `${error.message}.`
  if (error instanceof DisconnectedError) return "You're not connected. Try again when the connection is back."
  throw error
}

/** Opens a dialog with a title; it is removed when it is closed, and the focus returns to where it was. */
export function openDialog(title: string, className: string, ...content: (Node | string)[]) {
  const heading = make('h2', '', title)
  heading.id = `dialog-${++count}`
  const dialog = make('dialog', className, heading, ...content)
  dialog.setAttribute('aria-labelledby', heading.id)
  const before = document.activeElement
  dialog.addEventListener('close', () => {
    dialog.remove()
    if (document.activeElement !== document.body || !(before instanceof HTMLElement)) return
    if (before.isConnected) before.focus()
    else document.getElementById('text')?.focus()
  })
  // Keys are for the dialog alone.
  dialog.addEventListener('keydown', (event) => event.stopPropagation())
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}

/** Closes all dialogs, as when the user is logged out. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close()
}

/** Asks a question. Resolves with true when it is done, with false when the user has given up. */
export function ask({ title, text = '', fields = [], button, isGrave, account, act }: Question): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const rows = fields.map(fieldRow)
  const wrong = make('p', 'wrong')
  wrong.role = 'alert'
  const submit = make('button', isGrave ? 'primary grave' : 'primary', button)
  const cancel = makeButton('Cancel', () => dialog.close())
  const buttons = make('div', 'row buttons', cancel, submit)
  const form = make(
    'form',
    '',
    ...(text ? [make('p', 'hint', text)] : []),
    ...(account ? [accountInput(account)] : []),
    ...rows.map(({ row }) => row),
    wrong,
    buttons,
  )
  form.noValidate = true
  const dialog = openDialog(title, '', form)
  let isDone = false
  dialog.addEventListener('close', () => resolve(isDone))
  const first = rows[0]?.input
  first?.focus()
  if (first instanceof HTMLInputElement && first.type === 'text') first.select()
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (submit.disabled) return
    for (const row of rows) row.object('')
    wrong.textContent = ''
    const empty = rows.find(({ field, answer }) => field.isNeeded && answer().trim() === '')
    if (empty) return empty.object('This is required.')
    submit.disabled = true
    try {
      await act(Object.fromEntries(rows.map(({ field, answer }) => [field.name, answer()])))
      isDone = true
      dialog.close()
    } catch (error) {
      const why = whyNot(error)
      const code = error instanceof RefusedError ? (error.code ?? '') : ''
      const at = rows.find(({ field }) => field.codes?.includes(code)) ?? rows[0]
      if (at && error instanceof RefusedError) at.object(why)
      else wrong.textContent = why
    } finally {
      submit.disabled = false
    }
  })
  return promise
}

function accountInput(account: string) {
  const input = make('input', '')
  Object.assign(input, { name: 'username', autocomplete: 'username', value: account, readOnly: true, hidden: true })
  return input
}

function fieldRow(field: Field) {
  const id = `field-${++count}`
  const input = inputOf(field)
  input.id = id
  const label = make('label', '', field.label)
  label.htmlFor = id
  const hint = make('p', 'hint', field.hint ?? '')
  hint.id = `${id}-hint`
  const wrong = make('p', 'wrong')
  wrong.id = `${id}-wrong`
  wrong.role = 'alert'
  input.setAttribute('aria-describedby', `${hint.id} ${wrong.id}`)
  const isSwitch = field.type === 'switch'
  const row = isSwitch
    ? make('div', 'switch', input, make('div', '', label, hint, wrong))
    : make('div', 'field', label, input, hint, wrong)
  return {
    field,
    input,
    row,
    answer: () => (input instanceof HTMLInputElement && isSwitch ? (input.checked ? 'on' : '') : input.value),
    object: (why: string) => {
      wrong.textContent = why
      if (!why) return input.removeAttribute('aria-invalid')
      input.setAttribute('aria-invalid', 'true')
      input.focus()
    },
  }
}

function inputOf({ type = 'text', value = '', choices = [], most, autocomplete = 'off' }: Field) {
  if (type === 'choice') {
    const select = make('select', '', ...choices.map(([value, text]) => new Option(text, value)))
    select.value = value
    return select
  }
  const input = make(type === 'lines' ? 'textarea' : 'input', '')
  input.autocomplete = autocomplete
  if (input instanceof HTMLInputElement) {
    input.type = type === 'switch' ? 'checkbox' : type
    input.checked = type === 'switch' && value !== ''
  }
  if (most !== undefined) {
    if (type === 'number') Object.assign(input, { min: '1', max: String(most), inputMode: 'numeric' })
    else input.maxLength = most
  }
  input.dir = 'auto'
  input.value = type === 'switch' ? 'on' : value
  return input
}
