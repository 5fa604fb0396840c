import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Line, messagesIn, UNAVAILABLE } from '../clients/line.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RoomdProcess } from '../support/process.ts'

const path = temporaryFolder()
const daemon = new RoomdProcess(['--line', '0', '--http', '0', '--data', path])
afterAll(async () => {
  daemon.child.kill('SIGKILL')
  await daemon.exit
})

/** The kernel refuses to let any file of the process grow past so many bytes, as a full disk would. */
function allowFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(daemon.child.pid), `--fsize=${bytes}:`])
}

test('a full disk answers errors, keeps connections, loses nothing acknowledged, and recovers', async () => {
  const port = await daemon.ready()
  const ann = await Line.in('ops', 'ann', port)
  const acknowledged: string[] = []
  expect(await ann.say('before')).toBe('OK')
  acknowledged.push('before')

  allowFiles(statSync(join(path, 'roomd.db-wal')).size + 40_000)
  let refused = 0
  for (let n = 0; refused < 3; n++) {
    const text = `${n} ${'x'.repeat(1_000)}`
    const reply = await ann.say(text)
    if (reply === 'OK') acknowledged.push(text)
    else {
      expect(reply).toBe(UNAVAILABLE)
      refused++
    }
  }
  expect(await ann.say('/ping')).toBe('PONG')
  expect(await ann.say('JOIN other')).toBe(UNAVAILABLE)

  const full = await daemon.get('/readyz')
  expect(full).toMatchObject({ status: 503, text: expect.stringMatching(/^(the disk is full|disk I\/O error)\n$/) })
  const metrics = (await daemon.get('/metrics')).text
  expect(metrics).toMatch(/^roomd_ready 0$/m)
  expect(metrics).toMatch(/^roomd_fault\{fault="commits"\} 1$/m)

  // Nobody says anything: it finds out by itself.
  allowFiles('unlimited')
  await daemon.logged('commits work again')
  expect(await daemon.get('/readyz')).toEqual({ status: 200, text: 'ready\n' })
  expect((await daemon.get('/metrics')).text).toMatch(/^roomd_fault\{fault="commits"\} 0$/m)
  expect(await ann.say('after')).toBe('OK')
  acknowledged.push('after')
  expect(daemon.log.filter(({ msg }) => String(msg).startsWith('cannot commit'))).toHaveLength(1)
  expect(daemon.log.filter(({ msg }) => msg === 'commits work again')).toHaveLength(1)

  expect(await messagesIn('ops', port)).toEqual({ messages: acknowledged, errors: [] })
  ann.destroy()
})
