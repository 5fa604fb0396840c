import type { Proof } from '../../../chat/credentials.ts'
import type { RefusalCode } from '../../../chat/refusal.ts'
import { capList, isCap } from '../caps.ts'
import { type IrcCommand, type IrcContext, NOTHING } from '../command.ts'
import { followAccount, showFormer } from '../entry.ts'
import { completeRegistration } from '../login.ts'
import { type Lines, packed, spaceIn } from '../message.ts'
import { meantNick, SERVER, shownNick, sourceOf } from '../names.ts'
import { lostLines, unlessRefused } from '../refusals.ts'
import { variantOf } from '../tagged-lines.ts'
import { ownLine } from '../tags.ts'

/** Maximum characters of a chunk of AUTHENTICATE, and of all of them (IRCv3, "SASL"). */
const CHUNK = 400
const MAX_SASL = 4_096

const cap: IrcCommand = {
  name: 'CAP',
  usage: 'CAP LS [<version>] | LIST | REQ :<capability>{ <capability>} | END',
  help: 'Lists, requests and takes back capabilities of the connection.',
  least: 1,
  early: true,
  async run(context, { params: [subcommand = '', argument = ''] }) {
    const { chat, registration, session } = context
    const isNew = Number(argument) >= 302
    switch (subcommand.toUpperCase()) {
      case 'LS':
        registration.isNegotiating = session.name === ''
        // IRCv3, "cap-notify": version 302 includes it.
        if (isNew) session.caps.add('cap-notify')
        return listLines(context, 'LS', capList(isNew, chat.maxText), isNew)
      case 'LIST':
        return listLines(context, 'LIST', [...session.caps], session.caps.has('cap-notify'))
      case 'REQ':
        registration.isNegotiating = session.name === ''
        return requestLines(context, request(context, argument) ? 'ACK' : 'NAK', argument)
      case 'END':
        registration.isNegotiating = false
        return completeRegistration(context)
      default:
        return [context.reply('ERR_INVALIDCAPCMD', subcommand)]
    }
  },
}

/** Returns the lines of a list, several where the client understands them. */
function listLines({ session }: IrcContext, verb: string, list: readonly string[], maySplit: boolean): Lines {
  const head = `:${SERVER} CAP ${session.nick} ${verb} `
  const texts = maySplit && list.length > 0 ? packed(list, spaceIn(`${head}* :`)) : [list.join(' ')]
  return texts.map((text, index) => `${head}${index < texts.length - 1 ? '* ' : ''}:${text}`)
}

/** Returns the lines that repeat a request. The client makes the changes of all of them. */
function requestLines({ session }: IrcContext, verb: string, asked: string): Lines {
  const head = `:${SERVER} CAP ${session.nick} ${verb} :`
  const maxBytes = spaceIn(head)
  const texts = Buffer.byteLength(asked) <= maxBytes ? [asked] : packed(asked.split(/ +/), maxBytes)
  return texts.map((text) => head + text)
}

/** Changes the capabilities of a session, all or none. Returns false if one is unknown. */
function request({ session }: IrcContext, list: string): boolean {
  const asked = list.split(' ').filter((word) => word !== '')
  const names = asked.map((word) => word.replace(/^-/, ''))
  if (!names.every(isCap)) return false
  for (const [index, name] of names.entries()) {
    if (!asked[index]?.startsWith('-')) session.caps.add(name)
    else if (name !== 'cap-notify') session.caps.delete(name)
  }
  session.variant = variantOf(session.caps)
  return true
}

const authenticate: IrcCommand = {
  name: 'AUTHENTICATE',
  usage: 'AUTHENTICATE PLAIN | <base64> | *',
  help: 'Proves an account by SASL, at any time; * ends the attempt.',
  least: 1,
  early: true,
  async run(context, { params: [chunk = ''] }) {
    const { registration, reply } = context
    if (chunk === '*') {
      registration.sasl = undefined
      return [reply('ERR_SASLABORTED')]
    }
    if (registration.sasl === undefined) {
      if (chunk.toUpperCase() !== 'PLAIN') return [reply('RPL_SASLMECHS'), reply('ERR_SASLFAIL')]
      registration.sasl = ''
      return ['AUTHENTICATE +']
    }
    if (chunk.length > CHUNK || registration.sasl.length + chunk.length > MAX_SASL) {
      registration.sasl = undefined
      return [reply('ERR_SASLTOOLONG')]
    }
    if (chunk !== '+') registration.sasl += chunk
    if (chunk.length === CHUNK) return NOTHING
    const response = Buffer.from(registration.sasl, 'base64').toString()
    registration.sasl = undefined
    return prove(context, response)
  },
}

/** Checks the response of PLAIN (RFC 4616). */
async function prove(context: IrcContext, response: string): Promise<Lines> {
  const { chat, registration, session, reply } = context
  const [authorization = '', authentication = '', password = '', ...more] = response.split('\0')
  if (authentication === '' || more.length > 0) return [reply('ERR_SASLFAIL')]
  const name = meantNick(authentication)
  if (authorization !== '' && meantNick(authorization) !== name) return [reply('ERR_SASLFAIL')]
  const proven = async () => {
    const proof = await chat.accounts.authenticate(name, password, session.address)
    if (session.name !== '') return becomeAccount(context, proof)
    registration.proof = proof
    return provedLines(context, proof)
  }
  return unlessRefused(proven(), ({ code }) => [reply('ERR_SASLFAIL', WHY_NOT[code])])
}

const WHY_NOT: Readonly<Partial<Record<RefusalCode, string>>> = {
  'too-many-attempts': 'Too many attempts, wait a minute',
  banned: 'The account is banned in one of your channels',
  'invite-only': 'The account is not invited to one of your channels',
}

function provedLines({ reply }: IrcContext, { name }: Proof): Lines {
  return [reply('RPL_LOGGEDIN', sourceOf(name, true), shownNick(name)), reply('RPL_SASLSUCCESS')]
}

/** Makes the session, which is registered, the account's: it takes its nickname, and enters its channels where the account is another one. */
async function becomeAccount(context: IrcContext, proof: Proof): Promise<Lines> {
  const { chat, options, session } = context
  const { source, nick, name, key, accountId } = session
  const proved = provedLines(context, proof)
  const lost = await chat.userChange.identify(session, proof).finally(() => options.users.settled(session, key))
  if (session.accountId === accountId) return proved
  const renamed = nick === session.nick ? [] : [ownLine(session, `:${source} NICK :${session.nick}`)]
  context.tell([...proved, ...renamed, ...lostLines(context, lost)])
  options.users.tellRealName(session.key)
  // A guest has had its nickname alone.
  if (accountId !== undefined && key !== session.key) await showFormer(context, name)
  await followAccount(context)
  return NOTHING
}

export const CAPABILITY_COMMANDS: readonly IrcCommand[] = [cap, authenticate]
