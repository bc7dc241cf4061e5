/**
 * The version that cached state is compared with before it is used in a decision. It stays the same only while the
 * topic's row is not written in this history. `xmin` alone repeats after a replica without the tail is promoted, since the new
 * primary gives the lost transaction ids out again; so the row has a random version of its own, and the epoch with it.
 */
export const TOPIC_VERSION = `topics.epoch || '.' || topics.xmin || '.' || topics.version`

/** Set it in every UPDATE of a topic's row. */
export const NEW_TOPIC_VERSION = 'version = floor(random() * 9007199254740991)::bigint'
