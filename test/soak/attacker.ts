/**
 * Attacks a daemon in a process of its own, so that what it costs here is not measured there. Arguments: attack, line port, HTTP port,
 * Chatterbox port, share of the clients.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { encodeFrame } from '../../src/transport/frames.ts'

const [attack = '', line, http, chatterbox, share = '1'] = process.argv.slice(2)

async function dial(port: number, from = '127.0.0.1'): Promise<Socket> {
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from }).on('error', () => {})
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('close', () => resolve(false))
    })
    if (connected) return socket
    await delay(100)
  }
}

/** Somebody in a room; resolves when it is in. */
async function member(name: string, room: string, from?: string): Promise<Socket> {
  const socket = await dial(Number(line), from)
  socket.write(`LOGIN ${name}\nJOIN ${room}\n/ping in\n`)
  let heard = ''
  const hear = (chunk: Buffer) => {
    heard += chunk
  }
  socket.on('data', hear)
  while (!heard.includes('PONG in') && !socket.destroyed) await delay(10)
  socket.off('data', hear)
  return socket
}

const REQUESTS = 'GET /chats/1 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n'.repeat(16)
const LONG = 'x'.repeat(3_900)
const each = (count: number, work: (n: number) => Promise<void>) => {
  for (let n = 0; n < count * Number(share); n++) void work(n)
}

const ATTACKS: Readonly<Record<string, () => void>> = {
  /** Requests that are sent in a pipeline, by clients that do not wait for the answers. */
  requests: () =>
    each(200, async () => {
      for (;;) {
        const socket = await dial(Number(http))
        socket.resume().write(REQUESTS)
        await delay(100)
        socket.destroy()
        await delay(100)
      }
    }),
  /** Requests with an access token, whose record is read for each of them, in pipelines. */
  authorized: () =>
    void member(`owner${process.pid}`, 'owned').then(async (owner) => {
      let heard = ''
      owner.on('data', (chunk) => {
        heard += chunk
      })
      owner.write('/register correct horse battery\n/token create soak\n')
      while (!/rd_\w+"/.test(heard)) await delay(10)
      const [token] = /rd_\w+/.exec(heard) ?? []
      const request = `GET /rooms/owned HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`
      each(200, async () => {
        for (;;) {
          const socket = await dial(Number(http))
          socket.resume().write(request.repeat(16))
          await delay(100)
          socket.destroy()
          await delay(100)
        }
      })
    }),
  /** Askers of HISTORY that do not read it. */
  deaf: () =>
    each(900, async (n) => {
      const socket = await member(`deaf${n}`, 'lobby')
      socket.pause().write('HISTORY\n')
    }),
  /** Askers of HISTORY that read it, again and again. */
  readers: () =>
    each(500, async (n) => {
      const socket = await member(`reader${n}`, 'lobby')
      socket.resume()
      for (;;) {
        socket.write('HISTORY\n')
        await delay(100)
      }
    }),
  /** Logins to Chatterbox, whose reply has the newest messages, of users who have blocked the author of all of them. */
  logins: () =>
    each(100, async (n) => {
      const blocker = await member(`blocker${n}`, 'elsewhere')
      blocker.resume().write('/block filler\n')
      for (;;) {
        const socket = connectTls({ socket: await dial(Number(chatterbox)), rejectUnauthorized: false })
        socket.on('error', () => {}).write(encodeFrame(JSON.stringify({ USERNAME: `blocker${n}` })))
        await Promise.race([once(socket, 'data'), delay(10_000)])
        socket.destroy()
      }
    }),
  /** From three addresses: full queues, HISTORY that is not read, pipelines, lines that do not end. */
  memory: () => {
    each(1_000, async (n) => {
      const rooms = ['loud', 'lobby', `other${n % 50}`, 'lobby']
      const socket = await member(`holder${n}`, rooms[n % 4] ?? 'lobby', `127.0.0.${1 + (n % 3)}`)
      socket.pause()
      if (n % 4 === 1) socket.write('HISTORY\n')
      if (n % 4 === 2) socket.write(`${'y'.repeat(120)}\n`.repeat(2_048))
      if (n % 4 === 3) socket.write('z'.repeat(16_000))
    })
    each(4, async (n) => {
      const socket = await member(`loud${n}`, 'loud')
      socket.resume()
      for (;;) {
        socket.write(`${LONG}\n`.repeat(16))
        await delay(50)
      }
    })
  },
}

// Sockets that are not read keep no process alive.
setInterval(() => {}, 1_000)
ATTACKS[attack]?.()
