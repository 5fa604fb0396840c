import { fold, isName, mayBeAccount } from '../../../chat/names.ts'
import { Refusal } from '../../../chat/refusal.ts'
import { owned } from '../../../chat/text.ts'
import { type IrcCommand, NOTHING } from '../command.ts'
import { IRC_LIMITS } from '../isupport.ts'
import { completeRegistration } from '../login.ts'
import { meantNick, SERVER, usernameOf } from '../names.ts'
import { lostLines, unlessRefused } from '../refusals.ts'
import { ownLine } from '../tags.ts'
import { cleanRealName, cutTo, plainText } from '../texts.ts'

const pass: IrcCommand = {
  name: 'PASS',
  usage: 'PASS [<account>:]<password>',
  help: 'Proves the account of the nickname before the registration, for clients without SASL.',
  least: 1,
  early: true,
  run({ registration, session, reply }, { params }) {
    if (session.name !== '') return [reply('ERR_ALREADYREGISTERED')]
    registration.password = params.join(' ')
    return NOTHING
  },
}

const nick: IrcCommand = {
  name: 'NICK',
  usage: 'NICK <nickname>',
  help: 'Takes a nickname. The owner of an account keeps its nickname.',
  least: 0,
  early: true,
  async run(context, { params: [asked = ''] }) {
    const { chat, options, registration, session, reply } = context
    if (asked === '') return [reply('ERR_NONICKNAMEGIVEN')]
    const name = meantNick(asked)
    registration.asked = asked
    if (session.name !== '') {
      if (name === session.name) return NOTHING
      if (session.registered) return [reply('ERR_NONICKCHANGE', 'The owner of an account keeps its nickname')]
      const { source, key } = session
      const renamed = chat.userChange.rename(session, name).finally(() => options.users.settled(session, key))
      const shown = renamed.then((lost) => [
        ownLine(session, `:${source} NICK :${session.nick}`),
        ...lostLines(context, lost),
      ])
      return unlessRefused(shown, (refusal) => {
        if (refusal.code !== 'banned') throw refusal
        return [reply('ERR_NONICKCHANGE', 'That nickname is banned in one of your channels')]
      })
    }
    if (!isName(name) && !mayBeAccount(name)) throw new Refusal('name-invalid')
    registration.nick = name
    return completeRegistration(context)
  },
}

const user: IrcCommand = {
  name: 'USER',
  usage: 'USER <user> 0 * :<real name>',
  help: 'Completes the registration with what others are shown of you.',
  least: 4,
  early: true,
  async run(context, { params: [username = '', , , text = ''] }) {
    const { registration, session, reply } = context
    if (session.name !== '') return [reply('ERR_ALREADYREGISTERED')]
    const realName = cleanRealName(text)
    if (realName === '') return [reply('ERR_NEEDMOREPARAMS', 'USER')]
    session.username = usernameOf(username)
    session.realName = owned(cutTo(realName, IRC_LIMITS.realName))
    registration.hasUser = true
    return completeRegistration(context)
  },
}

const ping: IrcCommand = {
  name: 'PING',
  usage: 'PING <token>',
  help: 'Is answered by PONG with the token.',
  least: 1,
  early: true,
  run: (_, { params: [token = ''] }) => [`:${SERVER} PONG ${SERVER} :${token}`],
}

const pong: IrcCommand = {
  name: 'PONG',
  usage: 'PONG [<token>]',
  help: 'Answers a PING of the server.',
  least: 0,
  early: true,
  run: () => NOTHING,
}

const quit: IrcCommand = {
  name: 'QUIT',
  usage: 'QUIT [:<reason>]',
  help: 'Ends the connection.',
  least: 0,
  early: true,
  async run(context, { params: [text = ''] }) {
    const reason = plainText(text)
    await context.quit(reason === '' ? '' : `Quit: ${reason}`)
    return [`ERROR :Closing link: ${reason || 'Client quit'}`]
  },
}

/** IRCv3, "draft/account-registration"; the account is the nickname of the session. */
const register: IrcCommand = {
  name: 'REGISTER',
  usage: 'REGISTER * * <password>',
  help: 'Makes your nickname an account.',
  least: 3,
  early: true,
  async run({ chat, session, reply }, { params: [account = '', , ...password] }) {
    const name = account === '*' ? session.name : meantNick(account)
    const fail = (code: string, why: string) => [`:${SERVER} FAIL REGISTER ${code} ${account} :${why}`]
    if (session.name === '') return fail('COMPLETE_CONNECTION_REQUIRED', 'Complete the connection first')
    if (fold(name) !== session.key) return fail('ACCOUNT_NAME_MUST_BE_NICK', 'The account has your nickname')
    if (session.registered) return fail('ALREADY_AUTHENTICATED', 'You have an account')
    try {
      await chat.accounts.register(session.name, password.join(' '), session.address, session)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.code === 'secret-invalid') return fail('WEAK_PASSWORD', 'A password has 8 to 128 characters')
      if (error.code === 'name-taken' || error.code === 'name-in-use')
        return fail('ACCOUNT_EXISTS', 'The nickname is registered, or another session uses it')
      return fail('TEMPORARILY_UNAVAILABLE', 'No account can be made now')
    }
    return [
      `:${SERVER} REGISTER SUCCESS ${session.nick} :Your nickname is registered`,
      reply('RPL_LOGGEDIN', session.source, session.nick),
    ]
  },
}

export const REGISTRATION_COMMANDS: readonly IrcCommand[] = [pass, nick, user, ping, pong, quit, register]
