/** Makes the nickname an account. */
import { markWrong, the } from './dom.js'
import { whyUnregistered } from './words.js'

/** @import { Session } from './session.js' */

/**
 * @param {Session} session
 * @param {(text: string) => void} done
 */
export function setUpRegistering(session, done) {
  const dialog = the('register', HTMLDialogElement)
  const password = the('new-password', HTMLInputElement)

  const wrongWith = async () => {
    const { value } = password
    if (!value) return 'Choose a password.'
    if (/^[ \t]|[ \t]$/.test(value)) return 'A password does not begin or end with a blank.'
    try {
      const reply = await session.register(value)
      return reply.type === 'error' ? whyUnregistered(reply, session.nickname) : ''
    } catch {
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
