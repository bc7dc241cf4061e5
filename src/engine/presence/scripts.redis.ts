import { scriptOf } from '../../platform/redis/store.redis.ts'

/**
 * The shared presence state of all nodes. In the stored format and in the scripts, a channel is a `place` and the metadata
 * of a user is a `tag`. All keys begin with KEYS[1], which puts them in one slot of a Redis cluster:
 *
 * - `leases`: sorted set of leases by expiry, by Redis' own clock. A node renews its lease as long as it lives.
 * - `dead`: sorted set of expired leases by the time from which a node may (again) start to clean up after them.
 * - `places:<lease>`: set of the channels in which the lease has metadata.
 * - `of:<lease>:<place>`: hash of the lease's metadata in a channel, by user.
 * - `holders:<place>`: set of the leases that have metadata in a channel.
 * - `users:<place>`: hash of the number of leases with metadata for each user; its length is the member count.
 * - `told:<place>`: while it exists, a change of the channel has just been published and no further one is.
 */

/**
 * Sets metadata of users in a channel; empty metadata removes it. Returns `lost` if the lease has expired. Otherwise returns
 * `kept`, followed by user and metadata for everything that other leases hold on users who are new to this lease.
 *
 * ARGV: lease, channel, bus channel to publish on, minimum interval between publications (ms), then user and metadata
 * alternately.
 */
export const WRITE = scriptOf(`
  local base, lease, place = KEYS[1], ARGV[1], ARGV[2]
  if not redis.call('ZSCORE', base .. 'leases', lease) then return { 'lost' } end
  local own = base .. 'of:' .. lease .. ':' .. place
  local users = base .. 'users:' .. place
  local holders = base .. 'holders:' .. place
  local places = base .. 'places:' .. lease
  local answer, changed, leases = { 'kept' }, false, nil
  local function meet(user)
    leases = leases or redis.call('SMEMBERS', holders)
    for _, other in ipairs(leases) do
      local tag = other ~= lease and redis.call('HGET', base .. 'of:' .. other .. ':' .. place, user)
      if tag then
        answer[#answer + 1] = user
        answer[#answer + 1] = tag
      end
    end
  end
  for i = 5, #ARGV, 2 do
    local user, tag = ARGV[i], ARGV[i + 1]
    if tag ~= '' then
      changed = true
      if redis.call('HSET', own, user, tag) == 1 and redis.call('HINCRBY', users, user, 1) > 1 then meet(user) end
    elseif redis.call('HDEL', own, user) == 1 then
      changed = true
      if redis.call('HINCRBY', users, user, -1) < 1 then redis.call('HDEL', users, user) end
    end
  end
  if redis.call('EXISTS', own) == 1 then
    redis.call('SADD', holders, lease)
    redis.call('SADD', places, place)
  else
    redis.call('SREM', holders, lease)
    redis.call('SREM', places, place)
  end
  if changed and redis.call('SET', base .. 'told:' .. place, '', 'NX', 'PX', ARGV[4]) then
    redis.call('PUBLISH', ARGV[3], '')
  end
  return answer
`)

/**
 * Returns the member count of a channel and, unless it exceeds the limit, for each lease: its name, its number of users, and
 * user and metadata alternately.
 *
 * ARGV: channel, limit.
 */
export const MEMBERS = scriptOf(`
  local base, place = KEYS[1], ARGV[1]
  local count = redis.call('HLEN', base .. 'users:' .. place)
  local answer = { count }
  if count > tonumber(ARGV[2]) then return answer end
  for _, lease in ipairs(redis.call('SMEMBERS', base .. 'holders:' .. place)) do
    local tags = redis.call('HGETALL', base .. 'of:' .. lease .. ':' .. place)
    answer[#answer + 1] = lease
    answer[#answer + 1] = #tags / 2
    for _, each in ipairs(tags) do answer[#answer + 1] = each end
  end
  return answer
`)

/**
 * Returns user and metadata for everything that leases hold on the given users.
 *
 * ARGV: channel, then users.
 */
export const METADATA_OF = scriptOf(`
  local base, place = KEYS[1], ARGV[1]
  local leases, answer = redis.call('SMEMBERS', base .. 'holders:' .. place), {}
  for i = 2, #ARGV do
    if redis.call('HEXISTS', base .. 'users:' .. place, ARGV[i]) == 1 then
      for _, lease in ipairs(leases) do
        local tag = redis.call('HGET', base .. 'of:' .. lease .. ':' .. place, ARGV[i])
        if tag then
          answer[#answer + 1] = ARGV[i]
          answer[#answer + 1] = tag
        end
      end
    end
  end
  return answer
`)

const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * Renews or begins a lease. Returns `lost` if it has expired, otherwise `kept`, followed by dead leases for the caller to
 * clean up. No other node receives those until the claim expires.
 *
 * ARGV: lease, its time to live (ms), how long the caller claims dead leases (ms), `begin` or `renew`.
 */
export const RENEW = scriptOf(`
  ${NOW}
  local base, lease = KEYS[1], ARGV[1]
  local answer = { 'kept' }
  if ARGV[4] == 'begin' or redis.call('ZSCORE', base .. 'leases', lease) then
    redis.call('ZADD', base .. 'leases', now + ARGV[2], lease)
  else
    answer[1] = 'lost'
  end
  for _, each in ipairs(redis.call('ZRANGEBYSCORE', base .. 'leases', '-inf', now)) do
    redis.call('ZREM', base .. 'leases', each)
    redis.call('ZADD', base .. 'dead', now, each)
  end
  for _, each in ipairs(redis.call('ZRANGEBYSCORE', base .. 'dead', '-inf', now, 'LIMIT', 0, 10)) do
    redis.call('ZADD', base .. 'dead', now + ARGV[3], each)
    answer[#answer + 1] = each
  end
  return answer
`)

/**
 * Ends a lease, for the caller to clean up, or lets it expire on its own.
 *
 * ARGV: lease, then either `dead` and how long the caller claims it (ms), or `leaving` and its remaining time to live (ms).
 */
export const END = scriptOf(`
  ${NOW}
  local base, lease = KEYS[1], ARGV[1]
  if ARGV[2] == 'leaving' then
    redis.call('ZADD', base .. 'leases', 'XX', now + ARGV[3], lease)
  else
    redis.call('ZREM', base .. 'leases', lease)
    redis.call('ZADD', base .. 'dead', now + ARGV[3], lease)
  end
  return {}
`)

/**
 * Returns the channels in which a dead lease still has metadata. Without any, the lease is forgotten.
 *
 * ARGV: lease.
 */
export const CHANNELS_OF = scriptOf(`
  local base, lease = KEYS[1], ARGV[1]
  local places = redis.call('SMEMBERS', base .. 'places:' .. lease)
  if #places == 0 then redis.call('ZREM', base .. 'dead', lease) end
  return places
`)

/**
 * Removes some metadata of a dead lease in a channel. Returns the cursor to continue from, '0' once everything is removed.
 *
 * ARGV: lease, channel, bus channel to publish on, minimum interval between publications (ms), cursor ('0' to start),
 * approximate batch size.
 */
export const CLEAR = scriptOf(`
  local base, lease, place = KEYS[1], ARGV[1], ARGV[2]
  local own = base .. 'of:' .. lease .. ':' .. place
  local users = base .. 'users:' .. place
  local scanned = redis.call('HSCAN', own, ARGV[5], 'COUNT', ARGV[6])
  for i = 1, #scanned[2], 2 do
    local user = scanned[2][i]
    if redis.call('HDEL', own, user) == 1 and redis.call('HINCRBY', users, user, -1) < 1 then
      redis.call('HDEL', users, user)
    end
  end
  if scanned[1] == '0' then
    redis.call('SREM', base .. 'holders:' .. place, lease)
    redis.call('SREM', base .. 'places:' .. lease, place)
  end
  if redis.call('SET', base .. 'told:' .. place, '', 'NX', 'PX', ARGV[4]) then
    redis.call('PUBLISH', ARGV[3], '')
  end
  return { scanned[1] }
`)

export const SCRIPTS = [WRITE, MEMBERS, METADATA_OF, RENEW, END, CHANNELS_OF, CLEAR]
