import { GraphQLError } from 'graphql'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { CursorPosition } from '../kernel/cursor.ts'
import type { Instant } from '../kernel/instant.ts'
import { asOffset, BEGINNING, type Offset, type Position } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Feed } from './feed.ts'
import type { Source } from './source.ts'
import type { TopicItems } from './topic-items.ts'

/** Why a reader has to start over. */
export type ResetReason = 'epoch' | 'trimmed' | 'ahead' | 'discontinuity' | 'rights'

export interface ResumeOptions {
  readonly topic: Topic
  readonly source: Source
  readonly feed: Feed
  readonly items: TopicItems
}

/** Why a reader can't resume from `position`. Undefined if it can, as far as this node knows. */
export async function resetReasonFor(
  position: CursorPosition,
  viewer: Viewer | null,
  options: ResumeOptions,
): Promise<ResetReason | undefined> {
  return (
    positionReasonFor(position, options.feed) ??
    ((await hasOtherVisibility(position, viewer, options)) ? 'rights' : undefined)
  )
}

function positionReasonFor(
  { epoch, offset }: Position,
  feed: Pick<Feed, 'epoch' | 'head' | 'floor'>,
): ResetReason | undefined {
  if (epoch !== feed.epoch) return 'epoch'
  if (offset > feed.head) return 'ahead'
  // Deleted entries may still be in memory here but not on another node, and all nodes must behave alike.
  return offset < feed.floor ? 'trimmed' : undefined
}

/** Whether the reader's visibility has changed since the state that the cursor stands for. */
async function hasOtherVisibility(
  position: CursorPosition,
  viewer: Viewer | null,
  { topic, source: { visibility }, items }: ResumeOptions,
): Promise<boolean> {
  if (visibility === undefined) return false
  const since = position.seenAt ?? (await writtenAt(position.offset, items))
  return since === undefined || visibility.changedSince(topic, viewer, since)
}

/** When the entry was written; undefined if it was deleted. */
async function writtenAt(offset: Offset, items: TopicItems): Promise<Instant | undefined> {
  if (offset === BEGINNING) return undefined
  const before = asOffset(offset - 1)
  const [item] = items.recent.after(before) ?? (await items.pageAfter(before)) ?? []
  return item?.offset === offset ? item.at : undefined
}

export function cursorInvalid(): GraphQLError {
  return new GraphQLError('The cursor in `after` is not one of this topic.', {
    extensions: { code: 'CURSOR_INVALID' },
  })
}
