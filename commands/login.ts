import type { Proof } from '../src/chat/credentials.ts'
import { fold, mayBeAccount, NICKNAME_WORDS } from '../src/chat/names.ts'
import { Refusal } from '../src/chat/refusal.ts'
import { clientOf, wordDigestOf } from '../src/chat/secrets.ts'
import { type Command, type CommandContext, Mistake } from './command.ts'
import { result } from './replies.ts'

/** The last word of a line that asks for plain lines. */
const PLAIN = /[ \t]plain=yes$/
/** The last word of a line with a secret that the client has chosen. */
const SECRET = /[ \t]session=([A-Za-z0-9_-]{16,64})$/

const SESSION_HINT = 'session= takes a word of 16 to 64 letters, digits, _ and -'

export const login: Command = {
  name: 'LOGIN',
  usage: 'LOGIN <nickname> [<password or token>] [session=<secret>] [plain=yes]',
  help:
    `Take a nickname: ${NICKNAME_WORDS}. A registered one needs its password, or an access token (/token). ` +
    'session=: a random word of 16 or more characters; guests with the same nickname, address and word are one user. plain=yes: as /plain.',
  hints: { 'account-required': 'LOGIN <nickname> <password>; the operator of the server makes the accounts' },
  state: 'anonymous',
  least: 1,
  async run(context, line) {
    const { chat, session, setForm } = context
    const words = line.replace(PLAIN, '')
    if (words !== line) setForm('plain')
    const parameter = words.replace(SECRET, '')
    const [, secret] = SECRET.exec(words) ?? []
    session.client = secret === undefined ? undefined : clientOf(session.address, secret)
    session.wordDigest = secret === undefined ? undefined : wordDigestOf(secret)
    const [, nickname = '', rest] = /^([^ \t]*)(?:[ \t](.*))?$/s.exec(parameter) ?? []
    const password = rest?.trim() === '' ? undefined : rest
    if (!mayBeAccount(nickname)) throw new Refusal('name-invalid')
    // Two words are an invalid nickname unless the first is an account.
    if (password !== undefined && !(await chat.accounts.isRegistered(nickname)))
      throw new Mistake('name-invalid', '', /^session=\S*$/.test(password.trim()) ? SESSION_HINT : undefined)
    await chat.login(session, password === undefined ? nickname : await prove(context, nickname, password))
    return result(`Username set to ${session.name}`)
  },
}

/** Checks an access token or password. @throws Refusal `secret-wrong`, `too-many-attempts`, `unavailable`. */
async function prove({ chat, address }: CommandContext, nickname: string, secret: string): Promise<Proof> {
  const proof = (await chat.tokens.use(secret.trim()))?.proof
  if (proof && fold(proof.name) === fold(nickname)) return proof
  return chat.accounts.authenticate(nickname, secret, address)
}
