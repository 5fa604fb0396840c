import { checklist } from './checklist.ts'

checklist('TLS', 'whole', 'split', 'bytes')
