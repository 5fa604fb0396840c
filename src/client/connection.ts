import type { CommandResult, Reply, ServerLine } from '../../commands/replies.ts'
import { ignore } from './callback.ts'
import { DisconnectedError } from './errors.ts'
import { fifo } from './fifo.ts'
import { commandLine, resultOf } from './requests.ts'
import { type LastWord, recordedEvent, type Told, type Unasked } from './server-lines.ts'
import type { Dial } from './transport.ts'

export type LineConnection = ReturnType<typeof openConnection>

export interface ConnectionListener {
  /** A line that is neither a reply nor a record. */
  readonly heard?: (line: Unasked) => void
  /** The connection has ended. @param why the server's last word, or why it could not be reached */
  readonly lost?: (why: DisconnectedError | undefined) => void
}

/** Receiver of the reply to a line. */
export interface Asking {
  /** Called before any later line is read. */
  reply(reply: Reply): void
  /** Called in place of {@link reply} when the connection has ended. */
  lost?(error: DisconnectedError): void
  /** Called with the event in each record that comes before the reply. */
  readonly record?: Recorder | undefined
}

type Recorder = (event: Told) => void

/** Result that marks the end of records, where a line asks for it. */
const END = 'end of history'
/** How long it may take to connect, or a silent server to answer. */
const PATIENCE_MS = 10_000
/** Silence after which the server is asked for a sign of life. */
const SILENCE_MS = 30_000

/** Opens a connection that speaks the line protocol: every line gets one reply, in the order of the lines. */
export function openConnection(dial: Dial, { heard, lost }: ConnectionListener = {}) {
  const asked = fifo<Asking>()
  /** The request whose records are coming, behind its result. */
  let reading: Asking | undefined
  /** Lines that wait until the connection is open. */
  const early: string[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let why: DisconnectedError | undefined
  let isOpen = false
  let isAnswered = false
  let isClosed = false
  let isPaused = false

  const after = (ms: number, act: () => void) => {
    clearTimeout(timer)
    timer = setTimeout(act, ms)
  }
  const watch = () => after(SILENCE_MS, check)
  /** Asks the server for a sign of life: a connection without one is soon lost. */
  const check = () => {
    if (!isOpen) return
    after(PATIENCE_MS, close)
    ask('/ping').catch(ignore)
  }
  const close = () => {
    if (isClosed) return
    isClosed = true
    isOpen = false
    clearTimeout(timer)
    transport.close()
    lost?.(why)
    const error = why ?? new DisconnectedError()
    reading?.lost?.(error)
    while (asked.length > 0) asked.shift()?.lost?.(error)
  }
  /** Reads nothing until the next line is sent, unless a reply is awaited; or reads on. Does nothing where that cannot be done. */
  const pause = (on: boolean) => {
    if (on === isPaused || !isOpen || !transport.pause || (on && asked.length > 0)) return
    isPaused = on
    transport.pause(on)
    if (on) clearTimeout(timer)
    else watch()
  }
  /** Sends one line, without a promise for its reply. @throws TypeError for a text of several lines */
  const send = (line: string, asking: Asking) => {
    if (/[\r\n]/.test(line)) throw new TypeError('A line has no line break')
    if (isClosed) return asking.lost?.(why ?? new DisconnectedError())
    pause(false)
    asked.push(asking)
    if (isOpen) transport.send(line)
    else early.push(line)
  }
  /** Sends one line. Rejects with {@link DisconnectedError}. */
  const ask = (line: string) => new Promise<Reply>((reply, lost) => send(line, { reply, lost }))
  /** Sends one line. Resolves with what `take` makes of its result before any later line is read. @throws RefusedError, DisconnectedError */
  const run = <T = CommandResult>(
    line: string,
    take = (result: CommandResult): T | Promise<T> => result as T,
    record?: Recorder,
  ): Promise<T> =>
    new Promise((resolve, lost) =>
      send(line, { reply: (reply) => resolve((async () => take(resultOf(reply)))()), lost, record }),
    )
  /**
   * Sends a line that is answered by records, too. Resolves with its result when all are there.
   *
   * @param record called with the event in each record
   * @param range options, such as `limit`, of a command that tells the end of its records
   * @throws RefusedError, DisconnectedError
   */
  const read = (line: string, record: Recorder, range?: object): Promise<CommandResult> =>
    range
      ? run(commandLine(line, { ...range, end: 'yes' }), (result) => {
          return new Promise((resolve, lost) => {
            reading = { record, reply: () => resolve(result), lost }
          })
        })
      : run(line, undefined, record)

  const take = (text: string) => {
    let line: ServerLine | undefined
    try {
      line = JSON.parse(text)
    } catch {}
    if (!line?.type) {
      why = new DisconnectedError('This server does not speak the line protocol', undefined, true)
      return close()
    }
    const { error, notice, code, reconnect } = line as LastWord
    if (reconnect !== undefined) why = new DisconnectedError(error ?? notice, code, !reconnect)
    if (line.type === 'history') (reading ?? asked.at(0))?.record?.(recordedEvent(line.body))
    else if (line.type === 'commandResult' && line.result === END) {
      // The caller may have asked for it on its own, and has its reply.
      reading?.reply(line)
      reading = undefined
    } else if (line.type === 'commandResult' || line.type === 'error') {
      if (reconnect === undefined) asked.shift()?.reply(line)
    } else heard?.(line)
  }

  const transport = dial({
    opened() {
      if (isClosed) return
      isOpen = true
      for (const line of early) transport.send(line)
      watch()
    },
    received(lines) {
      isAnswered = true
      for (const line of lines.split('\n')) if (!isClosed) take(line)
      if (isOpen && !isPaused) watch()
    },
    closed(reason) {
      if (reason && !isOpen) why ??= new DisconnectedError(reason)
      if (isOpen && !isAnswered) why ??= new DisconnectedError('Ended without a word')
      close()
    },
  })
  after(PATIENCE_MS, close)
  return {
    ask,
    run,
    read,
    send,
    pause,
    check,
    close,
  }
}
