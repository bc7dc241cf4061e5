import type { Brand } from '../../engine/kernel/brand.ts'
import { defineId } from '../../engine/kernel/id.ts'

export type MessageId = Brand<string, 'MessageId'>

export const messageIds = defineId<MessageId>('msg_')
export const newMessageId = messageIds.create
export const asMessageId = messageIds.as
