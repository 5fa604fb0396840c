/** The box for a text to the room, or to one member of it. */
import { isSameName } from '../src/client/nickname.ts'
import { the } from './dom.ts'
import type { Outbox } from './outbox.ts'
import type { Session } from './session.ts'
import { whyUndone } from './words.ts'

/** Characters that the server takes out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g
/** A text that looks like a command is not said: it may hold a password. A path is none. */
const COMMAND = /^[ \t]*\/[a-z]+(?:[ \t]|$)/i
/** Commands that are carried out; others may have an effect on the connection that the page does not know. */
const KNOWN =
  /^\/(?:me|notice|away|who|whoami|topic|title|moderated|slow|invite-only|invite|lock|unlock|hidden|keep|close|kick|mute|unmute|ban|unban|bans|op|deop|voice|devoice|owner|delete)(?:[ \t]|$)/i
const LITERAL = /^([ \t]*)\/\//
/** Characters left from which on they are counted aloud. */
const NEAR = 200

export class Composer {
  #form = the('say', HTMLFormElement)
  #text = the('text', HTMLTextAreaElement)
  #hint = the('hint', HTMLElement)
  #private = the('private', HTMLElement)
  #session: Session
  #outbox: Outbox
  #sent: (reply: string) => void
  #to: string | undefined

  constructor(session: Session, outbox: Outbox, sent: (reply: string) => void) {
    this.#session = session
    this.#outbox = outbox
    this.#sent = sent
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#send()
    })
    this.#text.addEventListener('keydown', (event) => this.#key(event))
    this.#text.addEventListener('input', () => this.#look())
    the('public', HTMLButtonElement).addEventListener('click', () => this.address(undefined))
  }

  focus() {
    this.#text.focus()
  }

  /** Sets the only reader of the next text; everybody by default. */
  address(to: string | undefined) {
    this.#to = to
    this.#private.hidden = to === undefined
    this.#form.toggleAttribute('data-private', to !== undefined)
    the('to', HTMLElement).textContent = to ?? ''
    this.#text.setAttribute('aria-label', to ? `Private message to ${to}` : 'Message')
    this.#text.focus()
  }

  #key(event: KeyboardEvent) {
    if (event.isComposing) return
    if (event.key === 'Escape' && this.#to) {
      event.preventDefault()
      this.address(undefined)
    }
    if (event.key !== 'Enter' || event.shiftKey) return
    event.preventDefault()
    this.#send()
  }

  #send() {
    const order = /^\/(?:tell|msg)(?:\s+(\S+))?(?:\s+([\s\S]*\S))?\s*$/i.exec(this.#text.value)
    const to = order ? order[1] : this.#to
    const lines = linesOf(order ? (order[2] ?? '') : this.#text.value)
    if (order && lines.length === 0) return this.#object('A private message is written /tell NICKNAME TEXT')
    if (lines.length === 0 || !this.#look()) return
    const command = lines.length === 1 && !this.#to ? lines[0] : undefined
    if (command && KNOWN.test(command)) return void this.#run(command)
    if (!order && lines.some((line) => COMMAND.test(line))) {
      return this.#object('This command is not understood here. To say it as it is, begin with two slashes.')
    }
    if (to && isSameName(to, this.#session.nickname)) return this.#object('This is your own nickname.')
    if (!this.#session.here) return this.#object('Not connected at the moment. What you wrote stays here.')
    for (const line of lines) this.#outbox.send(order ? line : line.replace(LITERAL, '$1/'), to)
    this.#text.value = ''
    this.#look()
    this.#sent('')
  }

  /** Carries out a command. One that is refused stays in the box. */
  async #run(line: string) {
    const { value } = this.#text
    try {
      const reply = await this.#session.command(line)
      if (this.#text.value === value) this.#text.value = ''
      this.#look()
      this.#sent(reply)
    } catch (error) {
      this.#object(whyUndone(error))
    }
  }

  /** Shows how many characters are left, and returns false when there are too many. */
  #look() {
    if (!CSS.supports('field-sizing', 'content')) {
      this.#text.rows = Math.min(8, this.#text.value.split('\n').length)
    }
    const lines = linesOf(this.#text.value)
    const most = this.#session.limits?.text ?? Number.POSITIVE_INFINITY
    const left = most - Math.max(0, ...lines.map((line) => lengthOf(line, most - NEAR)))
    this.#text.setAttribute('aria-invalid', String(left < 0))
    if (left < 0) this.#object(`Too long by ${-left}: a message has at most ${most} characters.`)
    else if (left <= NEAR) this.#object(`${left} characters left`)
    else this.#object(lines.length > 1 ? `Each line is a message of its own: ${lines.length} messages` : '')
    return left >= 0
  }

  #object(text: string) {
    if (this.#hint.textContent !== text) this.#hint.textContent = text
  }
}

/** The messages in a text: its lines, as the server will have them. */
function linesOf(text: string) {
  const lines = text.split(/\r\n|[\r\n]/).map((line) => {
    return line
      .replace(CONTROL, '')
      .toWellFormed()
      .replace(/[ \t]+$/, '')
  })
  return lines.filter((line) => line !== '')
}

/** Characters of a text. One of few code units is not looked through. */
function lengthOf(text: string, few: number) {
  if (text.length <= few) return text.length
  let count = 0
  for (const _ of text) count++
  return count
}
