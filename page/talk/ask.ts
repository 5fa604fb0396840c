/** Dialogs with one question. */
import { make, makeButton } from '../dom.ts'

interface Question {
  readonly title: string
  readonly label: string
  readonly act: string
  readonly type: 'date' | 'text'
  readonly value?: string
  readonly max?: string
  readonly hint?: string
  /** True if an empty answer is one. */
  readonly isOptional?: boolean
}

/** Asks the user. Resolves with the answer, undefined if there is none. */
export function ask({
  title,
  label,
  act,
  type,
  value = '',
  max,
  hint,
  isOptional,
}: Question): Promise<string | undefined> {
  const input = make('input', '')
  input.id = 'answer'
  input.type = type
  input.value = value
  input.required = !isOptional
  if (max) input.max = max
  const name = make('label', '', label)
  name.htmlFor = input.id
  const submit = make('button', 'primary', act)
  const form = make('form', '', make('h2', '', title), ...(hint ? [make('p', 'hint', hint)] : []))
  form.method = 'dialog'
  const dialog = make('dialog', '', form)
  dialog.ariaLabel = title
  form.append(
    make('div', 'field', name, input),
    make(
      'div',
      'row',
      submit,
      makeButton('Cancel', () => dialog.close()),
    ),
  )
  document.body.append(dialog)
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  form.addEventListener('submit', () => resolve(input.value))
  dialog.addEventListener('close', () => {
    dialog.remove()
    resolve(undefined)
  })
  dialog.showModal()
  input.focus()
  return promise
}
