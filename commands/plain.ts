import type { Command } from './command.ts'
import { result } from './replies.ts'

export const plain: Command = {
  name: '/plain',
  usage: '/plain',
  help: 'Lines for people in place of JSON on this connection, until /json.',
  state: 'any',
  least: 'none',
  run({ setForm }) {
    setForm('plain')
    return result('Plain lines from now on; /json for JSON')
  },
}

export const json: Command = {
  name: '/json',
  usage: '/json',
  help: 'JSON again on this connection, after /plain.',
  state: 'any',
  least: 'none',
  run({ setForm }) {
    setForm('json')
    return result('JSON from now on; /plain for plain lines')
  },
}
