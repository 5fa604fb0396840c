import { repeatOver } from './way.ts'

repeatOver({ transport: 'text.ircv3.net', mode: 'bytes' })
