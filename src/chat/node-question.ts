import { randomUUID } from 'node:crypto'
import type { EngineBroadcast } from '../engine/engine.ts'

/** Maximum wait for the answers of the other nodes, in ms. */
const PATIENCE_MS = 500

export interface Answers<A> {
  readonly answers: readonly A[]
  /** Number of nodes that have not answered in time. */
  readonly silent: number
}

type Message<Q, A> =
  | ({ readonly ask: number; readonly node: string } & Q)
  | ({ readonly answer: number; readonly to: string } & A)

/** A question that a node asks all others, which each of them answers from what it has in memory. */
export class NodeQuestion<Q extends object, A extends object> {
  readonly #broadcast: EngineBroadcast
  readonly #subject: string
  readonly #answer: (question: Q) => A
  /** Name of this node in questions. */
  readonly #node = randomUUID()
  #asked = 0
  readonly #awaited = new Map<number, (answer: A) => void>()

  /** `subject` is that of the broadcasts; others than questions and answers may have it too. */
  constructor(broadcast: EngineBroadcast, subject: string, answer: (question: Q) => A) {
    this.#broadcast = broadcast
    this.#subject = subject
    this.#answer = answer
    // Only roomd writes what is received.
    broadcast.onBroadcast(subject, (text) => text !== undefined && this.#receive(JSON.parse(text)))
  }

  /** @throws Unavailable when the number of the other nodes is unknown */
  async ask(question: Q): Promise<Answers<A>> {
    const peers = await this.#broadcast.peers()
    const answers: A[] = []
    if (peers === 0) return { answers, silent: 0 }
    const number = ++this.#asked
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#awaited.set(number, (answer) => {
      if (answers.push(answer) >= peers) resolve()
    })
    const timer = setTimeout(resolve, PATIENCE_MS).unref()
    this.#publish({ ask: number, node: this.#node, ...question })
    await promise
    clearTimeout(timer)
    this.#awaited.delete(number)
    return { answers, silent: Math.max(0, peers - answers.length) }
  }

  #publish(message: Message<Q, A>): void {
    this.#broadcast.publish(this.#subject, JSON.stringify(message))
  }

  #receive(message: Message<Q, A>): void {
    if ('ask' in message) this.#publish({ answer: message.ask, to: message.node, ...this.#answer(message) })
    else if ('answer' in message && message.to === this.#node) this.#awaited.get(message.answer)?.(message)
  }
}
