import { emitKeypressEvents, type Key } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import { hasColours } from '../styles.ts'
import { localCommands, runLine } from './commands.ts'
import { completionOf } from './completion.ts'
import { LineEditor } from './editor.ts'
import { layoutOf } from './layout.ts'
import { TerminalScreen } from './screen.ts'
import type { ChatSession, ChatView } from './session.ts'

/** Maximum characters of a paste; the rest is dropped. */
const MAX_PASTE = 100_000
/** Rows that stay visible when the user scrolls by a page. */
const OVERLAP = 3

/** A chat on the whole terminal. */
export class FullView implements ChatView {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #screen: TerminalScreen
  readonly #editor = new LineEditor()
  #session: ChatSession | undefined
  /** Text of a paste that has not ended. */
  #pasting: string | undefined
  /** Text of several lines, about which the user is asked. */
  #pasted: string | undefined
  /** Candidates of Tab, and the next one. */
  #completing: { readonly head: string; readonly candidates: readonly string[]; next: number } | undefined
  readonly #press = (character: string | undefined, key: Key) => this.#pressed(character, key)

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input
    this.#output = output
    const colours = hasColours(output)
    this.#screen = new TerminalScreen(input, output, (columns, rows) => {
      const question = this.#pasted === undefined ? undefined : questionAbout(this.#pasted, columns)
      return layoutOf(this.session, this.#editor, question, { columns, rows, colours })
    })
  }

  get session(): ChatSession {
    if (!this.#session) throw new Error('The view has not been started')
    return this.#session
  }

  start(session: ChatSession): void {
    this.#session = session
    emitKeypressEvents(this.#input)
    this.#input.on('keypress', this.#press)
    this.#screen.start()
    this.#input.resume()
  }

  stop(): void {
    this.#input.off('keypress', this.#press)
    this.#input.pause()
    this.#screen.stop()
  }

  added(_window: unknown, _spans: unknown, isUrgent: boolean): void {
    if (isUrgent) this.#screen.beep()
    this.#screen.refresh()
  }

  changed(): void {
    this.#screen.refresh()
  }

  switched(): void {
    this.#screen.refresh()
  }

  #pressed(character: string | undefined, key: Key): void {
    if (key.name === 'paste-start') this.#pasting = ''
    else if (key.name === 'paste-end') this.#endPaste()
    else if (this.#pasting !== undefined) this.#addPasted(character, key)
    else if (this.#pasted !== undefined) this.#answer(this.#pasted, character, key)
    else this.#act(character, key)
    this.#screen.refresh()
  }

  #addPasted(character: string | undefined, { name, sequence }: Key): void {
    const text = name === 'return' || name === 'enter' ? '\n' : (character ?? sequence ?? '')
    if ((this.#pasting?.length ?? 0) < MAX_PASTE) this.#pasting += text
  }

  #endPaste(): void {
    const text = typable((this.#pasting ?? '').replace(/\r\n?/g, '\n')).replace(/\n+$/, '')
    this.#pasting = undefined
    if (text.includes('\n')) this.#pasted = text
    else this.#editor.insert(text)
  }

  #answer(text: string, character: string | undefined, { name, ctrl }: Key): void {
    const choice = name === 'escape' || (ctrl && name === 'c') ? 'c' : character?.toLowerCase()
    if (choice === undefined || !'olec'.includes(choice)) return
    this.#pasted = undefined
    if (choice === 'o') void this.session.say(text).catch((error) => this.session.fail(error))
    else if (choice === 'l') for (const line of text.split('\n')) this.#sayPasted(line)
    else if (choice === 'e') this.#editor.insert(text)
  }

  /** Says a line to the letter, if it is not blank. */
  #sayPasted(line: string): void {
    if (line.trim() !== '') void this.session.say(line).catch((error) => this.session.fail(error))
  }

  #act(character: string | undefined, key: Key): void {
    const { name = '', ctrl, meta } = key
    const completing = this.#completing
    this.#completing = undefined
    const isReturn = name === 'return' || name === 'enter'
    if (ctrl && this.#control(name)) return
    if (meta && /^\d$/.test(name)) this.#showNumber(Number(name))
    else if (name === 'tab') this.#complete(completing)
    else if (isReturn && meta) this.#editor.insert('\n')
    else if (isReturn) this.#enter()
    else if (name === 'pageup') this.#scroll(1)
    else if (name === 'pagedown') this.#scroll(-1)
    else if (!this.#editor.press(key) && character !== undefined && !ctrl && !meta)
      this.#editor.insert(typable(character))
  }

  /** Acts on a key with Ctrl. Returns false for a key of the line that is typed. */
  #control(name: string | undefined): boolean {
    switch (name) {
      case 'c':
        if (this.#editor.text === '') this.session.tell('Ctrl-D or /quit ends')
        this.#editor.clear()
        return true
      case 'd':
        if (this.#editor.text !== '') return false
        this.session.quit()
        return true
      case 'l':
        this.#screen.redraw()
        return true
      case 'n':
        this.session.step(1)
        return true
      case 'p':
        this.session.step(-1)
        return true
      case 'z':
        this.#screen.suspend()
        return true
      default:
        return false
    }
  }

  #enter(): void {
    const { current } = this.session
    current.scrolled = 0
    void runLine(this.session, this.#editor.take())
  }

  #showNumber(number: number): void {
    const window = this.session.windows[number]
    if (window) this.session.show(window)
  }

  #scroll(pages: number): void {
    const { current } = this.session
    const page = Math.max((this.#output.rows ?? 24) - OVERLAP - 2, 1)
    current.scrolled = Math.max(0, current.scrolled + pages * page)
  }

  /** Completes the word before the cursor, or takes the next candidate. */
  #complete(completing = this.#completion()): void {
    const { head, candidates, next } = completing
    const candidate = candidates[next % candidates.length]
    if (candidate === undefined) return
    this.#editor.replaceBefore(head + candidate)
    completing.next = next + 1
    this.#completing = completing
  }

  #completion() {
    const { current, windows, nickname } = this.session
    const nicknames = [...current.members.values()].reverse()
    const others = nicknames.filter((name) => name !== nickname)
    const rooms = windows.slice(1).map(({ name }) => name)
    const commands = [...new Set([...localCommands(), ...this.session.serverCommands])].toSorted()
    return { ...completionOf(this.#editor.before, { nicknames: others, commands, rooms }), next: 0 }
  }
}

function questionAbout(text: string, columns: number): string {
  const count = text.split('\n').length
  return columns < 60
    ? `${count} lines: [o]ne [l]ines [e]dit [c]ancel `
    : `Paste ${count} lines: as [o]ne message, [l]ine by line, [e]dit, [c]ancel? `
}

/** Returns what of a text can be typed: all but control characters. */
function typable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? character : ''))
}
