/** A WebSocket of JSON messages. */
import { expect } from 'vitest'
import type { WebSocket } from 'ws'
import { Inbox } from '../support/inbox.ts'

export type Fields = Readonly<Record<string, unknown>>

export class JsonSocket {
  readonly websocket: WebSocket
  /** Resolves when the connection is closed. */
  readonly closing: Promise<readonly [code: number, reason: string]>
  /** The texts of all messages. */
  readonly frames: string[] = []
  readonly #messages = new Inbox<Fields>()

  constructor(websocket: WebSocket) {
    this.websocket = websocket
    websocket.on('message', (data, binary) => {
      expect(binary).toBe(false)
      this.frames.push(String(data))
      this.#messages.push(JSON.parse(String(data)))
    })
    this.closing = new Promise((resolve) => {
      websocket.on('close', (code, reason) => {
        this.#messages.end()
        resolve([code, String(reason)])
      })
    })
  }

  /** Sends a text as it is. */
  raw(text: string): void {
    this.websocket.send(text)
  }

  next(): Promise<Fields> {
    return this.#messages.next()
  }

  take(count: number): Promise<Fields[]> {
    return this.#messages.take(count)
  }

  /** The messages up to the first that fits, this one included. */
  until(fits: (message: Fields) => boolean): Promise<Fields[]> {
    return this.#messages.until(fits)
  }

  /** What has come and was not taken. */
  now(): Fields[] {
    return this.#messages.now()
  }
}
