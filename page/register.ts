/** The dialog that makes the nickname an account. */
import { RefusedError } from '../src/client/errors.ts'
import { markWrong, the } from './dom.ts'
import type { Session } from './session.ts'
import { whyUnregistered } from './words.ts'

export function setUpRegistering(session: Session, done: (text: string) => void) {
  const dialog = the('register', HTMLDialogElement)
  const password = the('new-password', HTMLInputElement)

  const wrongWith = async () => {
    const { value } = password
    if (!value) return 'Choose a password.'
    if (/^[ \t]|[ \t]$/.test(value)) return 'A password does not begin or end with a blank.'
    try {
      await session.register(value)
      return ''
    } catch (error) {
      if (error instanceof RefusedError) return whyUnregistered(error, session.nickname)
      return 'Not connected at the moment. Try again soon.'
    }
  }

  the('open-register', HTMLButtonElement).addEventListener('click', () => {
    the('register-name', HTMLElement).textContent = session.nickname
    the('register-user', HTMLInputElement).value = session.nickname
    the('register-plain', HTMLElement).hidden = isSecureContext
    password.value = ''
    markWrong('new-password', '')
    dialog.showModal()
    password.focus()
  })
  the('register-cancel', HTMLButtonElement).addEventListener('click', () => dialog.close())
  the('register-form', HTMLFormElement).addEventListener('submit', async (event) => {
    event.preventDefault()
    const wrong = await wrongWith()
    markWrong('new-password', wrong)
    if (wrong) return password.focus()
    dialog.close()
    done(`${session.nickname} is registered: from now on it needs the password.`)
  })
}
