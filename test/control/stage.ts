/** Daemons in processes of their own, and their clients. */
import { expect, onTestFinished } from 'vitest'
import { LineClient } from '../support/client.ts'
import { RoomdProcess } from '../support/process.ts'

export async function start(...args: readonly string[]) {
  const daemon = new RoomdProcess(['--line', '0', ...args])
  onTestFinished(() => void daemon.child.kill('SIGKILL'))
  return { daemon, port: await daemon.ready() }
}

export async function stop({ child, exit }: RoomdProcess): Promise<void> {
  child.kill('SIGTERM')
  expect(await exit).toMatchObject({ status: 0, stderr: '' })
}

export async function client(port: number, ...lines: readonly string[]): Promise<LineClient> {
  const stop = async () => {}
  const made = await LineClient.connect({ line: port, lineTls: Number.NaN, port: () => port, stop })
  onTestFinished(() => void made.socket.destroy())
  for (const line of lines) expect(await made.ask(line)).toMatchObject({ type: 'commandResult' })
  return made
}

/** What is told to a client until its connection ends. */
export async function toTheEnd(member: LineClient): Promise<string[]> {
  await member.closed
  return member.received.toString().trimEnd().split('\n')
}

export const REMOVED =
  '{"type":"error","error":"Your account has been removed","code":"account-removed","reconnect":false}'
export const CHANGED =
  '{"type":"error","error":"Your password has been changed, log in with the new one","code":"password-changed","reconnect":false}'
