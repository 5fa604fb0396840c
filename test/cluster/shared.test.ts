/** One user through several sessions on two nodes, and another one's end. */
import { expect, onTestFinished, test } from 'vitest'
import type { ServerLine } from '../../commands/replies.ts'
import { ChatroomClient, error as refusal } from '../support/chatroom.ts'
import { LineClient } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { FrameClient } from '../support/frames.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { history, isReply, ok, result } from '../support/stage.ts'
import { type Node, startNodes } from './nodes.ts'

const PASSWORD = 'correct horse'

async function dial({ daemon }: Node): Promise<LineClient> {
  const client = await LineClient.connect(daemon)
  onTestFinished(() => void client.socket.destroy())
  return client
}

/** A session of the account, in a room. */
async function session(node: Node, room: string): Promise<LineClient> {
  const client = await dial(node)
  expect(await client.ask(`LOGIN alice ${PASSWORD}`)).toEqual(result('Username set to alice'))
  await enter(client, room)
  return client
}

async function enter(client: LineClient, room: string): Promise<void> {
  expect(await reply(client, `JOIN ${room}`)).toEqual(result(`Joined room ${room}`))
}

/** The reply to a line, behind whatever the client has not read. */
async function reply(client: LineClient, line: string): Promise<ServerLine | undefined> {
  client.send(line)
  return (await client.until(isReply)).at(-1)
}

async function guest(node: Node, name: string, room: string): Promise<LineClient> {
  const client = await dial(node)
  await client.ask(`LOGIN ${name}`)
  await enter(client, room)
  await client.until(({ type }) => type === 'userJoined')
  return client
}

const presence = (lines: readonly ServerLine[], name = 'alice') =>
  lines.flatMap((line) => (line.type.startsWith('user') && 'from' in line && line.from === name ? [line.type] : []))
const says = (text: string) => (line: ServerLine) => line.type === 'message' && line.body === text

withRedis('an account on two nodes', () => {
  const server = RedisServer.forAll()
  const start = async () => {
    const nodes = await startNodes([server.url, server.url], '--chatterbox', '0', '--chatroom', '0')
    const [here, there] = nodes
    if (!here || !there) throw new Error('there are two')
    return { here, there, nodes }
  }

  test('9. is in a room once for everybody, until its last session is gone, also by kill -9 of a node', async () => {
    const { here, there, nodes } = await start()
    const eve = await guest(here, 'eve', 'lobby')
    const box = await FrameClient.connect(here.daemon.port('chatterbox'), 'TLS')
    onTestFinished(() => void box.socket.destroy())
    expect(await box.ask({ USERNAME: 'box' })).toMatchObject({ USERNAME_ACCEPTED: true })
    const owner = await dial(there)
    await owner.ask('LOGIN alice')
    await enter(owner, 'lobby')
    await owner.until(({ type }) => type === 'userJoined')
    // Who registers where it is shares the name from then on.
    expect(await reply(owner, `/register ${PASSWORD}`)).toEqual(result('Nickname alice is registered'))
    const laptop = await session(here, 'lobby')
    const phone = await session(there, 'lobby')
    for (const client of [laptop, phone, eve]) {
      const marks = [{ nickname: 'alice', marks: ['account'] }]
      expect(await reply(client, '/who')).toMatchObject({ members: ['eve', 'box', 'alice'], marks })
    }
    expect(await reply(laptop, 'JOIN lobby')).toMatchObject({ error: expect.stringContaining('already present') })
    const windows = await ChatroomClient.connect(here.daemon.port('chatroom'))
    onTestFinished(() => void windows.frames.socket.destroy())
    expect(await windows.ask({ type: 'login', data: { username: 'alice', password: PASSWORD } })).toEqual(
      refusal('login', 'User already logged in'),
    )

    eve.send('/tell alice psst')
    for (const client of [owner, laptop, phone]) {
      await client.until((line) => line.type === 'private' && line.body === 'psst')
    }
    phone.send('from the phone')
    for (const client of [owner, laptop, phone, eve]) await client.until(says('from the phone'))

    // Here all go, and one comes back; there one goes.
    expect(await reply(laptop, 'LEAVE')).toEqual(ok)
    await enter(laptop, 'lobby')
    owner.send('/quit')
    await owner.closed
    laptop.send('one went')
    for (const client of [laptop, phone]) await client.until(says('one went'))

    // Of those there nobody says that they go.
    const bob = await guest(there, 'bob', 'lobby')
    there.signal('SIGKILL')
    await Promise.all([bob.closed, phone.closed])
    const seen = await eve.until((line) => line.type === 'userLeft' && line.from === 'bob')
    expect(presence(seen)).toEqual([])
    expect(await reply(laptop, '/who')).toMatchObject({ members: ['eve', 'box', 'alice'] })
    laptop.send('still here')
    await eve.until(says('still here'))
    laptop.send('/quit')
    await eve.until((line) => line.type === 'userLeft' && line.from === 'alice')
    expect(presence((await history(eve)) as ServerLine[])).toEqual(['userJoined', 'userLeft'])
    eve.send('the end')
    const frames: string[] = []
    while (!frames.at(-1)?.includes('the end')) frames.push(JSON.stringify(await box.next()))
    for (const kind of ['USERS_JOINED', 'USERS_LEFT']) {
      expect(frames.filter((frame) => frame.includes(`"${kind}":["alice"]`))).toHaveLength(1)
    }
    for (const { errors } of nodes) expect(errors).toEqual([])
  })

  test('has a guest with one word in a room once, with sessions on both, until the last is gone', async () => {
    const { here, there, nodes } = await start()
    const zoe = async (node: Node, room: string, word = 'a-secret-of-this-client') => {
      const client = await dial(node)
      await client.ask(`LOGIN zoe session=${word}`)
      if (word.startsWith('a-')) await enter(client, room)
      return client
    }
    const eve = await guest(here, 'eve', 'ops')
    const bob = await guest(there, 'bob', 'den')
    const [one, two] = [await zoe(here, 'ops'), await zoe(there, 'ops')]
    const third = await zoe(there, 'elsewhere')
    expect(await reply(await zoe(there, 'ops', 'another-secret-word'), 'JOIN ops')).toMatchObject({
      code: 'name-in-room',
    })
    expect(await reply(two, '/who')).toMatchObject({ members: ['eve', 'zoe'] })
    two.send('from two')
    for (const client of [one, two, eve]) await client.until(says('from two'))
    // From within one of its rooms, and from another one.
    expect(await reply(eve, '/tell zoe from eve')).toEqual(ok)
    expect(await reply(bob, '/tell zoe from bob')).toEqual(ok)
    for (const client of [one, two, third]) {
      const bodies: string[] = []
      while (bodies.length < 2) {
        const line = await client.next()
        if (line.type === 'private') bodies.push(line.body)
      }
      expect(bodies).toEqual(['from eve', 'from bob'])
    }
    const listed = await reply(one, '/sessions')
    expect(listed).toMatchObject({ sessions: [{}, {}, {}] })
    // What one session has said another one on its node may delete.
    const said = await reply(two, 'MESSAGE nonce=1 wrong')
    const fourth = await zoe(there, 'ops')
    expect(await reply(fourth, `/delete ${said?.type === 'commandResult' && said.id}`)).toEqual(ok)
    fourth.send('/quit')
    await fourth.closed

    one.send('/quit')
    await one.closed
    const back = await zoe(here, 'ops')
    there.signal('SIGKILL')
    await Promise.all([two.closed, third.closed])
    back.send('/quit')
    await eve.until((line) => line.type === 'userLeft' && line.from === 'zoe')
    expect(presence((await history(eve)) as ServerLine[], 'zoe')).toEqual(['userJoined', 'userLeft'])
    for (const { errors } of nodes) expect(errors).toEqual([])
  })

  test('makes a guest an account with its sessions on both', async () => {
    const { here, there } = await start()
    const yan = async (node: Node, room: string) => {
      const client = await dial(node)
      await client.ask('LOGIN yan session=a-secret-of-this-client')
      await enter(client, room)
      return client
    }
    const [one, two, third] = [await yan(here, 'ops'), await yan(there, 'ops'), await yan(there, 'den')]
    expect(await reply(one, `/register ${PASSWORD}`)).toEqual(result('Nickname yan is registered'))
    for (const client of [two, third]) {
      await eventually(async () => expect(await reply(client, '/whoami')).toMatchObject({ user: { account: true } }))
    }
    const eve = await guest(there, 'eve', 'den')
    expect(await reply(eve, '/tell yan hello')).toEqual(ok)
    for (const client of [one, two, third]) await client.until((line) => line.type === 'private')
    const owner = await dial(there)
    await owner.ask(`LOGIN yan ${PASSWORD}`)
    await enter(owner, 'ops')
    expect(await reply(owner, '/who')).toMatchObject({ members: ['yan'] })
  })

  test('loses neither presence nor lines when its sessions come and go everywhere at the same moment', async () => {
    const { here, there, nodes } = await start()
    const owner = await dial(here)
    await owner.ask('LOGIN alice')
    await owner.ask(`/register ${PASSWORD}`)
    const eve = await guest(there, 'eve', 'tech')
    const visits = [0, 1, 2, 3].map(async (number) => {
      const client = await dial(number % 2 === 0 ? here : there)
      await client.ask(`LOGIN alice ${PASSWORD}`)
      for (let round = 0; round < 15; round++) {
        await enter(client, 'tech')
        client.send(`${number} ${round}`)
        await client.until(says(`${number} ${round}`))
        expect(await reply(client, 'LEAVE')).toEqual(ok)
      }
      client.send('/quit')
    })
    await Promise.all(visits)
    await eventually(async () => expect(await reply(eve, '/who')).toMatchObject({ members: ['eve'] }))
    const all = (await history(eve)) as ServerLine[]
    const kinds = presence(all)
    expect(kinds.length).toBeGreaterThan(0)
    expect(kinds).toEqual(kinds.map((_, n) => (n % 2 === 0 ? 'userJoined' : 'userLeft')))
    expect(kinds.at(-1)).toBe('userLeft')
    expect(all.filter((line) => line.type === 'message')).toHaveLength(60)
    for (const { errors } of nodes) expect(errors).toEqual([])
  })

  test('does not let a guest of its name in beside it', async () => {
    const { here, there } = await start()
    const owner = await guest(here, 'carol', 'lobby')
    const stranger = await dial(there)
    await stranger.ask('LOGIN carol')
    await owner.ask(`/register ${PASSWORD}`)
    expect(await stranger.ask('JOIN lobby')).toMatchObject({ code: 'name-in-room' })
  })

  test('is told by users on another node, wherever they are, and finds the rest in its inbox', async () => {
    const { here, there } = await start()
    const ann = await guest(here, 'ann', 'ops')
    const bob = await guest(there, 'bob', 'den')
    ann.send('/tell bob hi')
    const copy = (await ann.until(({ type }) => type === 'private')).at(-1)
    expect(copy).toMatchObject({ from: 'ann', to: 'bob', room: 'ops' })
    expect((await bob.until(({ type }) => type === 'private')).at(-1)).toMatchObject({ from: 'ann', body: 'hi' })
    expect(await reply(bob, `/register ${PASSWORD}`)).toMatchObject({ type: 'commandResult' })
    bob.end()
    await bob.closed
    expect(await reply(ann, '/tell bob later')).toEqual(ok)
    const back = await dial(here)
    await back.ask(`LOGIN bob ${PASSWORD}`)
    back.send('/inbox end=yes')
    expect(await back.take(3)).toMatchObject([result(null), { body: { body: 'later' } }, result('end of history')])
    const elsewhere = await dial(there)
    await elsewhere.ask(`LOGIN bob ${PASSWORD}`)
    back.send('/tell ann from a session')
    expect(await elsewhere.next()).toMatchObject({ type: 'private', from: 'bob', to: 'ann', body: 'from a session' })
    const heard = (await ann.until((line) => line.type === 'private' && line.from === 'bob')).at(-1)
    expect(heard).not.toHaveProperty('room')
  })
})
