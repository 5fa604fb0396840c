import { checklist } from './checklist.ts'

checklist('TCP', 'whole', 'split', 'bytes')
