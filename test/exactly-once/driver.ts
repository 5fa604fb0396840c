/** Programs that say the lines of one sender, in processes of their own that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'

/** The texts of a sender are numbered from 0; text and nonce follow from the number, so that a later process repeats what an earlier one said. */
export interface Sending {
  readonly port: number
  readonly room: string
  readonly nickname: string
  readonly password: string
  /** Number of the first line to say: all before it are acknowledged. */
  readonly from: number
}

export interface Driver {
  readonly name: string
  /**
   * Starts a process that says lines until its standard input ends, prints the number of each that is acknowledged, in order, and ends with status 0
   * when all are. It ends with another status where it gives up; it is started again then.
   */
  start(sending: Sending): ChildProcess
}

export function textOf(nickname: string, number: number): string {
  return `${nickname} says ${number}`
}

/** The client library. */
export const library: Driver = {
  name: 'the library',
  start: (sending) =>
    spawn(process.execPath, [resolve(import.meta.dirname, 'sender.ts'), JSON.stringify(sending)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
}
