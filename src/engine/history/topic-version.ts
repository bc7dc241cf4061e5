/**
 * What state kept in memory is compared with before a decision rests on it: the same text only while nobody has written
 * the topic's row, in this history. `xmin` alone repeats after a replica without the tail is promoted, since the new
 * primary gives the lost transaction ids out again; so the row has a random version of its own, and the epoch with it.
 */
export const TOPIC_VERSION = `topics.epoch || '.' || topics.xmin || '.' || topics.version`

/** For every UPDATE of a topic's row. */
export const NEW_TOPIC_VERSION = 'version = floor(random() * 9007199254740991)::bigint'
