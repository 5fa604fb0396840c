/** A folder of data as after years: many rooms, names and events; and a crowd that is there. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { temporaryFolder } from './folder.ts'
import { localEngineIn } from './local-engine.ts'

export const ROOMS = 1_000
export const NAMES = 10_000
export const MEMBERS = 200

/** Makes it, and returns the folder. */
export async function fillFolder(): Promise<string> {
  const folder = temporaryFolder()
  const engine = await localEngineIn(folder)
  const rooms = Array.from({ length: ROOMS }, (_, n) => {
    const title = `room${n}`.padEnd(60, 'x')
    return engine.rooms.create({ title, slug: title, visibility: 'public', description: 'd'.repeat(70) })
  })
  await Promise.all(rooms)
  const lobby = { room: 1, body: '' } as const
  for (let start = 0; start < NAMES; start += 1_000) {
    const names = Array.from({ length: 1_000 }, (_, n) => `somebody ${start + n} é`.padEnd(32, 'x'))
    const events = names.flatMap((from) => [
      engine.logs.append('room:1', { ...lobby, kind: 'joined', from }),
      engine.logs.append('room:1', { ...lobby, kind: 'message', from, body: 'é'.repeat(100) }),
      engine.logs.append('room:1', { ...lobby, kind: 'left', from }),
    ])
    await Promise.all(events)
  }
  await engine.stop()
  return folder
}

/** Guests in the lobby through the line protocol, who read what they are told. */
export async function crowdIn(port: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let n = 0; n < MEMBERS; n++) {
    const socket = connect({ host: '127.0.0.1', port }).on('error', () => {})
    sockets.push(socket)
    if (n % 50 === 49) await once(socket, 'connect')
    socket.write(`LOGIN member${n}\r\nJOIN lobby\r\n/ping here\r\n`)
  }
  await Promise.all(sockets.map((socket) => readUntil(socket, 'PONG here')))
  return sockets
}

/** Resolves when this was received. */
export function readUntil(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let end = ''
    const read = (chunk: Buffer) => {
      end = (end + chunk.toString('latin1')).slice(-65_536)
      if (!end.includes(text)) return
      socket.off('data', read).off('close', ended).resume()
      resolve()
    }
    const ended = () => reject(new Error(`closed before it was told ${text}`))
    socket.on('data', read).on('close', ended)
  })
}
