/** What becomes of a conversation when its nodes are killed, stopped, or restarted. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DISCONNECTS } from '../../src/transport/disconnect.ts'
import { Line } from '../clients/line.ts'
import { eventually } from '../support/eventually.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import type { Told } from './checker.ts'
import { Company } from './company.ts'
import { makeNodes, type Node, startNodesHere } from './nodes.ts'

const LOST = DISCONNECTS['membership-lost'].text
const TAKEN = 'User with such nickname is already present in the requested room'

const leaving = (name: string) => (event: Told) => event.type === 'userLeft' && event.from === name

withRedis('nodes that come and go', () => {
  const server = RedisServer.forAll()
  /** Of all tests, as most of a node's start is its process. */
  let nodes: readonly Node[] = []
  beforeAll(async () => {
    nodes = makeNodes([server.url, server.url, server.url])
    await Promise.all(nodes.map((node) => node.ready()))
  })
  afterAll(() => {
    for (const node of nodes) node.signal('SIGKILL')
  })

  /** In a room of its own, on nodes that run again whatever a test has done to them. */
  async function gathered(room: string) {
    for (const node of nodes) {
      node.signal('SIGCONT')
      if (!node.running) await node.startAgain()
    }
    const company = await Company.gather(nodes, 3, room)
    const [witness] = company.at(nodes[2])
    if (!witness) throw new Error('somebody is there')
    await company.talk(10)
    return { company, witness }
  }

  test('the members of a node that is killed have left once, within ten seconds', async () => {
    const { company, witness } = await gathered('killed')
    const orphans = company.at(nodes[0])
    const killed = performance.now()
    nodes[0]?.signal('SIGKILL')
    for (const { name } of orphans) await witness.hears(leaving(name))
    expect(performance.now() - killed).toBeLessThan(10_000)
    // They are back, on another node, under their own names.
    await company.talk(10)
    const history = await company.prove()
    for (const { name } of orphans) expect(history.filter(leaving(name))).toHaveLength(1)
    expect(history.filter(({ type }) => type === 'userLeft')).toHaveLength(orphans.length)
  })

  test('a node that stood still for longer than its lease knows that it was away, and serves again', async () => {
    const { company, witness } = await gathered('still')
    const away = company.at(nodes[0])
    nodes[0]?.signal('SIGSTOP')
    for (const { name } of away) await witness.hears(leaving(name))
    // Meanwhile somebody else takes one of the names.
    const [robbed] = away
    if (!robbed) throw new Error('somebody is there')
    const robber = company.invite(robbed.name, 1, nodes.slice(1))
    await company.talk(10, [robber])
    const earlier = away.map(({ stretches }) => stretches.length)
    nodes[0]?.signal('SIGCONT')
    for (const member of away) await eventually(() => expect(member.lastWords).toEqual([LOST]))
    await company.talk(10, away.slice(1))
    expect(away.slice(1).map(({ stretches }) => stretches.length)).toEqual(earlier.slice(1).map((count) => count + 1))
    await eventually(() => expect(robbed.refusals).toContain(TAKEN))
    await robber.leave()
    await company.talk(10)
    await company.prove()
  })

  test('all nodes are restarted, one after the other', async () => {
    const { company } = await gathered('restarted')
    for (const node of nodes) {
      const guests = company.at(node)
      expect(guests.length).toBeGreaterThan(0)
      const notices = guests.map((guest) => guest.notices.length)
      expect(await node.stop()).toMatchObject({ status: 0, stderr: '' })
      await eventually(() => {
        for (const [place, guest] of guests.entries()) {
          expect(guest.notices.slice(notices[place])).toMatchObject([{ reconnect: true }])
        }
      })
      await node.startAgain()
      await company.complete()
      await company.talk(10)
    }
    await company.prove()
  })

  test('a name is held once, however many want it at once', async () => {
    const nodes = await startNodesHere([server.url, server.url, server.url])
    const nobody = { told: () => {}, noticed: () => {}, failed: () => {} }
    const spellings = ['Same', 'same', 'SAME', 'sAmE']
    const clients = nodes.flatMap((node) =>
      spellings.map((name) => ({ name, line: new Line(node.daemon.line, nobody) })),
    )
    await Promise.all(clients.map(({ name, line }) => line.ask(`LOGIN ${name}`)))
    for (let round = 0; round < 12; round++) {
      // Every other round in a room that there is not yet: it, too, is made once.
      const room = round % 2 === 0 ? `room${round}` : 'same'
      const replies = await Promise.all(clients.map(({ line }) => line.ask(`JOIN ${room}`)))
      const won = replies.flatMap((reply, place) => (reply.type === 'error' ? [] : [place]))
      expect(won).toHaveLength(1)
      for (const [place, reply] of replies.entries()) {
        if (place !== won[0]) expect(reply).toMatchObject({ type: 'error', error: TAKEN })
      }
      const winner = clients[won[0] ?? 0]
      const history = await winner?.line.history()
      if (round % 2 === 0) expect(history).toMatchObject([{ type: 'userJoined', from: winner?.name }])
      expect(await winner?.line.ask('LEAVE')).toMatchObject({ type: 'commandResult' })
    }
    for (const { line } of clients) line.destroy()
  })
})
