/** One connection that speaks the line protocol: one message is one line, and every line gets one reply, in order. */

/** @import { LastWord, Listener, Reply, ServerLine } from './types.d.ts' */

/** The connection is gone; what was asked may have been done. */
export class Lost extends Error {}

/** How long it may take to connect, or a silent server to answer, in ms. */
const PATIENCE_MS = 10_000
/** ms of silence after which the server is asked whether it is there. */
const SILENCE_MS = 30_000

export class Line {
  #listener
  #socket
  /** @type {{ reply: (reply: Reply) => void, lost: (error: Lost) => void }[]} */
  #asked = []
  #timer = 0
  /** @type {LastWord | undefined} */
  #lastWord
  #open = true

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener
    const address = new URL('line', document.baseURI)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    address.hash = address.search = ''
    this.#socket = new WebSocket(address)
    this.#socket.onmessage = ({ data }) => this.#read(String(data))
    this.#socket.onclose = () => this.drop()
    this.#timer = setTimeout(() => this.drop(), PATIENCE_MS)
    /** Rejects with {@link Lost}. @type {Promise<void>} */
    this.opened = new Promise((resolve, lost) => {
      this.#asked.push({ reply: () => {}, lost })
      this.#socket.onopen = () => {
        this.#asked.shift()
        this.#watch()
        resolve()
      }
    })
  }

  /**
   * Sends one line. Rejects with {@link Lost}.
   * @param {string} text
   * @param {(reply: Reply) => void} [at] called with the reply before anything behind it is looked at
   * @returns {Promise<Reply>}
   */
  ask(text, at) {
    if (this.#socket.readyState !== WebSocket.OPEN || !this.#open) return Promise.reject(new Lost())
    this.#socket.send(text)
    return new Promise((resolve, lost) => {
      const reply = (/** @type {Reply} */ reply) => {
        at?.(reply)
        resolve(reply)
      }
      this.#asked.push({ reply, lost })
    })
  }

  /** Makes sure that the other side is there: if it is not, the connection is soon lost. */
  check() {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.drop(), PATIENCE_MS)
    this.ask('/ping').catch(() => {})
  }

  /** Ends it without a word to the listener. */
  close() {
    this.#listener = { heard() {}, lost() {} }
    this.drop()
  }

  /** Ends it. */
  drop() {
    if (!this.#open) return
    this.#open = false
    clearTimeout(this.#timer)
    // A network that is gone takes its time to say so.
    this.#socket.close()
    this.#listener.lost(this.#lastWord)
    for (const { lost } of this.#asked.splice(0)) lost(new Lost())
  }

  /** @param {string} message */
  #read(message) {
    for (const text of message.split('\n')) {
      if (!this.#open) return
      this.#take(JSON.parse(text))
    }
    if (this.#open) this.#watch()
  }

  /** @param {ServerLine} line */
  #take(line) {
    if (line.type === 'error' && line.reconnect !== undefined) {
      this.#lastWord = { text: line.error, reconnect: line.reconnect }
    } else if (line.type === 'commandResult' || line.type === 'error') {
      this.#asked.shift()?.reply(line)
    } else {
      if (line.type === 'notice' && line.reconnect !== undefined) {
        this.#lastWord = { text: line.notice, reconnect: line.reconnect }
      }
      this.#listener.heard(line)
    }
  }

  #watch() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.check(), SILENCE_MS)
  }
}
