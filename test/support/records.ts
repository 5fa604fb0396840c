/** Records as src/chat keeps them. */
import type { Engine } from '../../src/engine/engine.ts'
import { fold } from '../../src/engine/fold.ts'
import { type BlockRecord, blockKey } from '../../src/engine/records.ts'
import { skeletonsOf } from '../../src/engine/skeleton.ts'

type Kept = Pick<Engine, 'records'>

export async function createAccount({ records }: Kept, name: string, hash: string): Promise<boolean> {
  const made = await records.insert('account', name, { name, hash, createdAt: Date.now() })
  if (made) await records.put('name', name, name)
  return made
}

/** Whether there is an account whose name looks like this one. */
export function hasAccountLike({ records }: Kept, name: string): Promise<boolean> {
  return records.isTaken('account', skeletonsOf(name))
}

export function keepBlock({ records }: Kept, owner: string, name: string): Promise<void> {
  return records.put('block', blockKey(owner, name), { owner: fold(owner), name })
}

export async function blocksWith({ records }: Kept, name: string): Promise<readonly BlockRecord[]> {
  return (await Array.fromAsync(records.listBy('block', 'parties', fold(name)))).flat()
}

export async function names({ records }: Kept, limit: number, skip?: number): Promise<readonly string[]> {
  return (await Array.fromAsync(records.list('name', { limit, ...(skip !== undefined && { skip }) }))).flat()
}
