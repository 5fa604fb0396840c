import { repeatOver } from './way.ts'

repeatOver({ transport: 'binary.ircv3.net', mode: 'split' })
