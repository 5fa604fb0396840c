/** A server of the line protocol whose answers a test gives, to have them come in the one order that matters. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

export interface Asked {
  readonly line: string
  /** Number of the connection, from 1. */
  readonly connection: number
  /** Sends lines in one write. */
  write(...lines: readonly object[]): void
  /** Sends a last line. */
  end(line: object): void
  /** Resets the connection. */
  cut(): void
}

export const OK = { type: 'commandResult', result: 'OK' }
export const END = { type: 'commandResult', result: 'end of history' }

export function message(id: number, body = `text ${id}`) {
  return { type: 'message', room: 'ops', from: 'bob', body, id: String(id) }
}

export function record(event: object) {
  return { type: 'history', from: 'ann', body: event }
}

/** @param answer returns true for a line that it has answered; others get what a server without a past would say */
export async function openScripted(answer: (asked: Asked) => boolean): Promise<{ url: string; lines: string[] }> {
  let count = 0
  const lines: string[] = []
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const connection = ++count
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
    const write = (...sent: readonly object[]) =>
      void socket.write(sent.map((line) => `${JSON.stringify(line)}\n`).join(''))
    createInterface(socket).on('line', (line) => {
      lines.push(line)
      const end = (last: object) => void socket.end(`${JSON.stringify(last)}\n`)
      if (answer({ line, connection, write, end, cut: () => void socket.resetAndDestroy() })) return
      const [, room] = /^JOIN (.*)/.exec(line) ?? []
      if (room) write({ ...OK, result: `Joined room ${room}` })
      else if (line.endsWith('end=yes')) write({ ...OK, result: null }, END)
      else write({ ...OK, id: '7' })
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return { url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, lines }
}
