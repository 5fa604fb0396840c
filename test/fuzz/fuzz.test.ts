import { expect, test } from 'vitest'
import { TIMED } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { PROTOCOLS, type ProtocolName } from './protocols/protocols.ts'
import { fuzz } from './run.ts'

test('mutated sessions of every protocol disturb nobody and leave nothing behind', TIMED, async () => {
  const protocols = Object.keys(PROTOCOLS) as ProtocolName[]
  const { tallies, acknowledged } = await fuzz({ folder: temporaryFolder(), seconds: 1, seed: 1, protocols })
  expect(acknowledged).toBeGreaterThan(0)
  expect([...tallies.keys()].sort()).toEqual(protocols.toSorted())
  for (const [protocol, { replies }] of tallies) expect(replies, protocol).toBeGreaterThan(0)
})
