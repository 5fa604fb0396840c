/** A line feed in a message cannot forge a message of somebody else where clients show lines (chatterbox.md, 8, and chatroom.md, 8). */
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { GlobesClient } from '../clients/globes.ts'
import { ChatroomClient, enter, logIn, register, say } from '../support/chatroom.ts'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { type Frame, FrameClient } from '../support/frames.ts'
import { joining, saying } from '../support/globes.ts'
import { pirateClients } from './piratchat/stage.ts'

const FORGED = 'hi\nbob: I resign\n\nbob: really'
const SHOWN = 'hi\n  bob: I resign\n  \n  bob: really'

const textOf = (frame: Frame) => {
  const [[, , , text] = []] = (frame.MESSAGES as unknown[][] | undefined) ?? []
  return text ?? (frame.data as Frame | undefined)?.text
}

/** One member of the lobby through each protocol whose messages can hold a line feed. */
async function everybody() {
  const daemon = await startTestDaemon({ chatterbox: 0, chatroom: 0, http: 0 })
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await daemon.stop()
  })
  const box = await FrameClient.connect(daemon.port('chatterbox'), 'TLS')
  const win = await ChatroomClient.connect(daemon.port('chatroom'))
  const websocket = new WebSocket(`ws://127.0.0.1:${daemon.port('http')}/chats/1/ws`)
  sockets.push(box.socket, win.frames.socket, { destroy: () => websocket.terminate() })
  await once(websocket, 'open')
  const globe = new GlobesClient(websocket)
  globe.send(joining('globe'))
  await globe.next()
  const pirates = pirateClients(daemon.port('http'), sockets)
  const [pirate] = await pirates.together('pirate')
  const line = await LineClient.connect(daemon)
  sockets.push(line.socket)
  line.send('LOGIN line', 'JOIN lobby')
  await line.until(({ type }) => type === 'userJoined')
  await box.ask({ USERNAME: 'box' })
  win.send(register('win'), logIn('win'), enter('Public Chat'))
  await win.until(({ type }) => type === 'list_room')
  const speak = {
    line: () => line.send(`MESSAGE ${JSON.stringify(FORGED)}`),
    globe: () => globe.send(saying('globe', FORGED)),
    pirate: () => pirate.send(FORGED),
    box: () => box.send({ MESSAGES: [['box', 'ALL', 5, FORGED]] }),
    win: () => win.send(say(FORGED)),
  }
  /** The next message that each of the two shows. */
  const heard = async () => {
    const atBox = (await box.until((frame) => 'MESSAGES' in frame)).at(-1)
    return { box: textOf(atBox ?? {}), win: textOf(await win.until(({ type }) => type === 'msg')) }
  }
  const newcomer = async () => {
    const client = await FrameClient.connect(daemon.port('chatterbox'), 'TLS')
    sockets.push(client.socket)
    return (await client.ask({ USERNAME: 'late' })).MESSAGES as unknown[][]
  }
  return { box, win, globe, pirate, line, speak, heard, newcomer }
}

test('Chatterbox (44) and Chatroom (43): a second line that comes from another protocol is indented', async () => {
  const { speak, heard, newcomer } = await everybody()
  speak.globe()
  expect(await heard()).toEqual({ box: SHOWN, win: SHOWN })
  speak.pirate()
  expect(await heard()).toEqual({ box: SHOWN, win: SHOWN })
  speak.line()
  expect(await heard()).toEqual({ box: SHOWN, win: SHOWN })
  // Each protocol gets its own messages as they were sent.
  speak.box()
  expect(await heard()).toEqual({ box: FORGED, win: SHOWN })
  speak.win()
  expect(await heard()).toEqual({ box: SHOWN, win: FORGED })
  expect((await newcomer()).map(([from, , , text]) => [from, text])).toEqual([
    ['globe', SHOWN],
    ['pirate', SHOWN],
    ['line', SHOWN],
    ['box', FORGED],
    ['win', SHOWN],
  ])
})

test('Chatterbox (44) and Chatroom (43): private messages, too', async () => {
  const { box, win, newcomer } = await everybody()
  win.send(say(FORGED, 'box'))
  expect(textOf((await box.until((frame) => 'MESSAGES' in frame)).at(-1) ?? {})).toBe(SHOWN)
  expect(textOf(await win.until(({ type }) => type === 'msg'))).toBe(FORGED)
  box.send({ MESSAGES: [['box', 'win', 5, FORGED]] })
  expect(textOf(await win.until(({ type }) => type === 'msg'))).toBe(SHOWN)
  win.send(say(FORGED, 'win'))
  expect(textOf(await win.until(({ type }) => type === 'msg'))).toBe(FORGED)
  expect(await newcomer()).toEqual([])
})
