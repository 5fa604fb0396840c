import { repeatOver } from './way.ts'

repeatOver({ transport: 'TCP', mode: 'bytes' })
