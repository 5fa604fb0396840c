import { repeatOver } from './way.ts'

repeatOver({ transport: 'TLS', mode: 'split' })
