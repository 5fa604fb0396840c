import { checklist } from './checklist.ts'

checklist('WS', 'whole', 'split')
