import { createInterface, type Interface } from 'node:readline'
import { Readable } from 'node:stream'
import { commandInput } from '../input.ts'
import { painted, type Span } from '../styles.ts'
import { runLine } from './commands.ts'
import type { ChatSession, ChatView } from './session.ts'
import type { ChatWindow } from './window.ts'

/** A chat as lines, one behind the other: for screen readers, and where there is no terminal. */
export class PlainView implements ChatView {
  readonly #output: NodeJS.WriteStream
  #lines: Interface | undefined
  #current: ChatWindow | undefined

  constructor(output: NodeJS.WriteStream) {
    this.#output = output
  }

  start(session: ChatSession): void {
    // Not before, as it would lose lines. The terminal itself edits the line.
    this.#lines = createInterface({ input: Readable.from(commandInput()), terminal: false })
    void this.#read(session, this.#lines)
  }

  stop(): void {
    this.#lines?.close()
  }

  added(window: ChatWindow, spans: readonly Span[], isUrgent: boolean): void {
    const room = window !== this.#current ? `[${window.name}] ` : ''
    const text = painted(
      spans.map(({ text }) => ({ text })),
      false,
    ).replaceAll('\n', '\n  ')
    this.#output.write(`${isUrgent && this.#output.isTTY ? '\x07' : ''}${room}${text}\n`)
  }

  changed(): void {}

  switched(window: ChatWindow): void {
    this.#current = window
    this.#output.write(`--- ${window.name}\n`)
  }

  /** Carries out one line after the other; the end of the input ends the chat behind the last one. */
  async #read(session: ChatSession, lines: Interface): Promise<void> {
    try {
      for await (const line of lines) await runLine(session, line)
      session.quit()
    } catch (error) {
      session.abort(error)
    }
  }
}
