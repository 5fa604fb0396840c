/** The checklist of docs/protocols/chatterbox.md, section 7: what clients in the field need. 43 and 44 are tested for all protocols. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import type { FrameClient } from '../../support/frames.ts'
import { needPython, pythonDumps } from '../../support/python.ts'
import { boxStage, SECOND } from './stage.ts'

test('41. the default reply works with a client that looks for ]]}', async (context) => {
  needPython(context)
  const stage = await boxStage()
  const [user1] = await stage.together('user1')
  user1.say('earlier')
  await user1.heard()
  const script = join(import.meta.dirname, 'text.py')
  const client = spawn('python3', ['-I', script, String(stage.port('chatterbox-plain')), 'old'], { stdio: 'pipe' })
  onTestFinished(() => void client.kill())
  let output = ''
  for (const stream of [client.stdout, client.stderr]) stream.on('data', (chunk) => (output += chunk))
  await once(client, 'close')
  expect(output.trimEnd().split('\n')).toEqual([
    '["info", ["Welcome to the server!"]]',
    '["users", ["user1", "old"]]',
    JSON.stringify(['messages', [`"user1", "ALL", ${SECOND}, "earlier"`]]).replace(',', ', '),
    JSON.stringify(['messages', ['"old", "ALL", 5, "here"']]).replace(',', ', '),
  ])
})

test('41. the default reply works with a client that wants objects', async (context) => {
  const stage = await boxStage()
  const [user1] = await stage.together('user1')
  user1.say('earlier')
  await user1.heard()
  const old = stage.naive(context, 'objects')
  const seen = await old.login('old')
  expect(seen.slice(1)).toEqual([
    ['accepted', null],
    ['info', 'Welcome to the server!'],
    ['online', ['user1', 'old']],
  ])
  expect(await old.until((what) => what === 'message')).toEqual([['message', ['user1', 'ALL', SECOND, 'earlier']]])
})

/** The JSON of every frame that came, as it was written but for the blanks that its header needed. */
function textsOf({ chunks }: FrameClient): string[] {
  const bytes = Buffer.concat(chunks)
  const texts: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    texts.push(bytes.toString('latin1', at + 4, end).replace(/^\{ +/, '{'))
    at = end
  }
  return texts
}

test.for(['objects', 'names'])(
  '42. every frame is written as json.dumps does (USER_LIST of %s)',
  async (form, context) => {
    needPython(context)
    const stage = await boxStage({ 'chatterbox-user-list': form })
    const [user1, ann] = await stage.together('user1', 'añn 日本')
    // Lines of all kinds, and no command.
    const contents = fc.sample(
      fc.string({ unit: 'binary' }).filter((text) => !text.startsWith('/')),
      300,
    )
    user1.send(...contents.map((content) => user1.entry('ALL', content)))
    for (const content of contents.slice(0, 30)) user1.say(content, ann.name)
    for (const command of ['/Block añn', '/Blocked', '/DisplayUsers', '/DisplayAllUsers', '/nothing'])
      user1.say(command)
    user1.say('x', 'nobody')
    await user1.rest()
    const late = await stage.connect()
    for (const name of ['', 'ALL', 'user1', 'late']) await late.login(name)
    late.raw.socket.destroy()
    await user1.rest()
    await ann.rest()
    const texts = [user1, ann, late].flatMap(({ raw }) => textsOf(raw))
    const kinds = ['INFO', 'USER_LIST', 'USERS_JOINED', 'USERS_LEFT', 'ERROR', 'MESSAGES']
    for (const kind of kinds) expect(texts.filter((text) => text.includes(`"${kind}": `))).not.toEqual([])
    expect(texts).toEqual(pythonDumps(texts))
  },
)
