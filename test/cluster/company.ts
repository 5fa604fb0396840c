/** Members of one room on all nodes, under load, and the proof of what they have written down. */
import { expect, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { check, type Told } from './checker.ts'
import { Member } from './member.ts'
import type { Host } from './nodes.ts'

export class Company {
  readonly members: Member[] = []
  readonly #room: string
  readonly #nodes: readonly Host[]

  /** So many talk at each node, in one room. Resolves when everybody is in the room. */
  static async gather(nodes: readonly Host[], each = 3, room = 'ops'): Promise<Company> {
    const company = new Company(nodes, room)
    for (const place of nodes.keys()) {
      for (let number = 0; number < each; number++) company.invite(`member${place}${number}`, place)
    }
    await company.complete()
    return company
  }

  private constructor(nodes: readonly Host[], room: string) {
    this.#room = room
    this.#nodes = nodes
    onTestFinished(async () => {
      await Promise.all(this.members.map((member) => member.leave()))
    })
  }

  /** One more, who is at a node for as long as that lets it. */
  invite(name: string, place: number, nodes = this.#nodes): Member {
    const member = new Member(name, this.#room, nodes, place)
    this.members.push(member)
    return member
  }

  at(node: Host | undefined): Member[] {
    return this.members.filter((member) => member.node === node)
  }

  /** Resolves when everybody who has not gone is in the room. */
  async complete(): Promise<void> {
    await eventually(() => {
      for (const { name, present, isGone } of this.members) if (!present && !isGone) expect.fail(`${name} is not in`)
    })
  }

  /** Resolves when each of them, or of some, has had so many more texts acknowledged. */
  async talk(count: number, members: readonly Member[] = this.members): Promise<void> {
    const wanted = members
      .filter(({ isGone }) => !isGone)
      .map((member) => [member, member.acknowledged.length + count] as const)
    await eventually(() => {
      for (const [{ name, acknowledged }, length] of wanted) {
        if (acknowledged.length < length) expect.fail(`${name} had ${acknowledged.length} of ${length} acknowledged`)
      }
    })
  }

  /**
   * Lets everybody finish, reads HISTORY on every node, which must be the same, and proves the records with it: everything
   * that anybody wanted to say stands there once. Returns it.
   */
  async prove(): Promise<readonly Told[]> {
    const members = this.members.filter(({ isGone }) => !isGone)
    for (const member of members) member.talking = false
    await eventually(() => {
      for (const { name, settled } of members) if (!settled) expect.fail(`${name} has not finished`)
    })
    const watchers: Member[] = []
    for (const [place, node] of this.#nodes.entries()) {
      if (!node.running) continue
      const watcher = this.invite(`watcher${place}`, 0, [node])
      watcher.talking = false
      watchers.push(watcher)
      await this.complete()
    }
    // So nobody has stopped hearing unnoticed: the last to come is what everybody has heard last.
    const last = watchers.at(-1)?.newest ?? 0
    await eventually(() => {
      for (const { name, newest, isGone } of this.members) if (!isGone && newest < last) expect.fail(`${name} is deaf`)
    })
    const histories = await Promise.all(watchers.map((watcher) => watcher.ask((line) => line.history())))
    const [history = ''] = histories
    if (typeof history === 'string') expect.fail(history)
    for (const other of histories) expect(other).toEqual(history)
    expect(this.members.flatMap(({ faults }) => faults)).toEqual([])
    expect(this.#nodes.flatMap(({ errors }) => errors)).toEqual([])
    const acknowledged = this.members.flatMap((member) => [
      ...member.acknowledged,
      ...(member.isGone ? [] : member.texts),
    ])
    const stretches = this.members.flatMap((member) => member.stretches)
    expect(check({ acknowledged, stretches, history })).toEqual([])
    const present = this.members.filter(({ isGone }) => !isGone).map(({ name }) => name)
    for (const watcher of watchers) {
      const who = await watcher.ask((line) => line.ask('/who'))
      expect(who.type === 'commandResult' && [...(who.members ?? [])].sort()).toEqual(present.sort())
    }
    return history
  }
}
