/**
 * A raid of the default room through each protocol, and its end (docs/protocols/moderation.md, sections 2 and 4): what an operator does, and
 * what everybody is told, to the letter.
 */
import { expect, onTestFinished } from 'vitest'
import { LineClient } from '../support/client.ts'
import type { TestDaemon } from '../support/daemon.ts'
import {
  asLine,
  boxVisitor,
  globeVisitor,
  lineVisitor,
  pirateVisitor,
  type Seat,
  type Silence,
  type Step,
  type Visitor,
  windowVisitor,
} from './raid-clients.ts'

/** The daemons of the operator and of the raiders. */
export interface Grounds {
  readonly operator: TestDaemon
  readonly raiders: TestDaemon
}

const WAYS = ['line', 'ws', 'box', 'win', 'pirate', 'globe'] as const
type Way = (typeof WAYS)[number]

async function visitorOf(way: Way, seat: Seat, account: string): Promise<Visitor> {
  switch (way) {
    case 'line':
      return lineVisitor(seat, 'TCP')
    case 'ws':
      return lineVisitor(seat, 'WS')
    case 'box':
      return boxVisitor(seat)
    case 'win':
      return windowVisitor(seat, account)
    case 'pirate':
      return pirateVisitor(seat, account)
    case 'globe':
      return globeVisitor(seat)
    default:
      return way satisfies never
  }
}

/** The account of `--admins`, logged in and in the lobby. */
async function adminAt(daemon: TestDaemon, sockets: Seat['sockets']): Promise<LineClient> {
  const client = await LineClient.connect(daemon)
  sockets.push(client.socket)
  client.send('LOGIN ann', '/register correct horse', 'JOIN lobby')
  await client.until(({ type }) => type === 'userJoined')
  return client
}

/** Plays the raid. `ann` is an admin of both daemons. */
export async function raid({ operator, raiders }: Grounds): Promise<void> {
  const sockets: Seat['sockets'] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  const ann = await adminAt(operator, sockets)
  const record: Step[] = []
  /** Everybody who is in the room beside the operator. */
  const present = new Set<Visitor>()

  /** Something has happened: all are told so, the operator first. */
  const happened = async (step: Step) => {
    record.push(step)
    const line = await ann.next()
    expect(line).toMatchObject(asLine(step))
    for (const visitor of present) await visitor.hears(step)
    return 'id' in line ? line.id : ''
  }
  const act = async (command: string, ...steps: readonly Omit<Step, 'from'>[]) => {
    expect(await ann.ask(command), command).toEqual({ type: 'commandResult', result: 'OK' })
    for (const step of steps) await happened({ from: 'ann', ...step })
  }
  const enters = async (visitor: Visitor, name: string) => {
    await visitor.enter(name)
    present.add(visitor)
    await happened({ kind: 'joined', from: name })
  }
  const says = async (visitor: Visitor, from: string, text: string) => {
    await visitor.say(text)
    return happened({ kind: 'message', from, text })
  }

  // Somebody of each protocol looks on, some of them at the raiders' daemon.
  for (const [place, way] of WAYS.entries()) {
    const daemon = place % 2 === 0 ? raiders : operator
    const name = `calm${way}`
    await enters(await visitorOf(way, { daemon, address: `127.0.2.${place + 1}`, sockets }, name), name)
  }
  await act('/topic no raids', { kind: 'topic', text: 'no raids' })
  for (const [place, way] of WAYS.entries()) {
    const name = `raid${way}`
    const raider = await visitorOf(way, { daemon: raiders, address: `127.0.3.${place + 1}`, sockets }, name)
    await raidOf(raider, name, way)
  }

  async function raidOf(raider: Visitor, name: string, way: Way): Promise<void> {
    const role = (what: string, on: boolean) => ({ kind: 'role', to: name, more: { role: what, on } }) as const
    const mode = (flag: string, on: boolean, value?: string) =>
      ({ kind: 'mode', more: { flag, on, ...(value !== undefined && { value }) } }) as const
    const silenced = async (code: Silence) => raider.isSilenced(code)
    const kicked = async () => {
      // Its own client has heard of it, and is told that it is out.
      present.delete(raider)
      await raider.isOut()
    }

    await enters(raider, name)
    await says(raider, name, 'hi')
    await act(`/mute ${name}`, role('muted', true))
    await silenced('muted')
    await act(`/unmute ${name}`, role('muted', false))
    await act('/moderated on', mode('moderated', true))
    await silenced('moderated')
    await act('/moderated off', mode('moderated', false))
    await act('/slow 3600', mode('slow', true, '3600'))
    await says(raider, name, 'slow')
    await silenced('slow-mode')
    await act('/slow off', mode('slow', false))
    await act('/me waves', { kind: 'action', text: 'waves' })
    const id = await says(raider, name, 'rude')
    await act(`/delete ${id} rude`, { kind: 'redacted', to: name, text: 'rude', more: { target: id } })
    record.splice(
      record.findIndex(({ text, from }) => text === 'rude' && from === name),
      1,
    )
    await act(`/kick ${name} go`, { kind: 'kicked', to: name, text: 'go' })
    await kicked()
    await enters(raider, name)
    await act(
      `/ban ${name} no raids`,
      { ...role('banned', true), text: 'no raids' },
      { kind: 'kicked', to: name, text: 'no raids' },
    )
    await kicked()
    // Guests are known by their address, accounts by their name.
    await raider.isBanned(`more${way}`)
  }

  // Nobody was told anything else, and the log has it all but what was deleted.
  await act('/topic calm', { kind: 'topic', text: 'calm' })
  ann.send('HISTORY')
  const kept = (await ann.rest()).flatMap((line) => (line.type === 'history' ? [line.body] : []))
  const expected = [{ kind: 'joined', from: 'ann' } as const, ...record].map((step) => {
    const { to, ...line } = asLine(step)
    return {
      ...line,
      ...(to !== undefined && { user: to }),
      to: 'ann',
      utctimestamp: expect.any(String),
      id: expect.any(String),
    }
  })
  expect(kept).toEqual(expected)
}
