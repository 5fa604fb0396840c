import { MAX_TIMER_SECONDS } from '../../option.ts'
import type { Protocol } from '../protocol.ts'

const OPTIONS = {
  'piratchat-escape': {
    type: 'boolean',
    default: false,
    group: 'Listeners',
    describe:
      'write &, <, >, [, ] and the backtick in messages to Piratchat as entities, for clients that render them as HTML or Markdown',
  },
  'piratchat-session': {
    type: 'number',
    default: 3_600,
    min: 1,
    max: MAX_TIMER_SECONDS,
    group: 'Listeners',
    describe: 'seconds after which an unused login at Piratchat or Globes ends',
  },
} as const

const load = () => import('./routes.ts')

/** Piratchat on the HTTP port (docs/protocols/piratchat.md). */
export const piratchatProtocol: Protocol<typeof OPTIONS> = {
  name: 'piratchat',
  options: OPTIONS,
  load,
  async routes(config, { chat, limits }) {
    const { piratchatRoutes } = await load()
    return piratchatRoutes({ ...limits, chat, escape: config['piratchat-escape'] })
  },
}
