/** Loaded before a daemon that is fuzzed without a pace: a hash takes microseconds, as passwords would otherwise take most of its time. */
import crypto, { type ScryptOptions } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

const { scrypt } = crypto
const CHEAP: ScryptOptions = { N: 2, r: 1, p: 1 }

type Done = (error: Error | null, key: Buffer<ArrayBuffer>) => void
const cheaply = (secret: string, salt: Buffer, length: number, _: ScryptOptions, done: Done): void =>
  scrypt(secret, salt, length, CHEAP, done)
Object.assign(crypto, { scrypt: cheaply })
syncBuiltinESMExports()
