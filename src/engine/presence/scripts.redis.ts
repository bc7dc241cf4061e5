import { scriptOf } from '../../platform/redis/store.redis.ts'

/**
 * What nodes keep together of who is where. All keys begin with KEYS[1], which puts them in one slot of a cluster:
 *
 * - `leases`: when each lease ends, by Redis' own clock. A lease stands for a node, as long as it renews it.
 * - `dead`: leases that ran out, and from when on somebody may clear up after them (again).
 * - `places:<lease>`: where the lease has tags.
 * - `of:<lease>:<place>`: its tags there, by user.
 * - `holders:<place>`: the leases that have tags there.
 * - `users:<place>`: how many leases have a tag on each user: its length is how many are there.
 * - `told:<place>`: while it stands, those who follow the place have been told that it changes.
 */

/**
 * Puts tags on users in a place, or takes them away where they are empty. Answers `lost` where the lease is over; else
 * `kept`, and then a user and a tag for each tag that others have on a user who is new to this lease.
 *
 * ARGV: lease, place, channel to tell, for how long telling once is enough (ms), then user and tag in turn.
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
 * How many users are in a place, and, where they are not above the limit, then for each lease: its name, how many tags
 * it has, and user and tag in turn.
 *
 * ARGV: place, limit.
 */
export const ROLL = scriptOf(`
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
 * A user and a tag for each tag on the users that are named.
 *
 * ARGV: place, then users.
 */
export const TAGS_OF = scriptOf(`
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
 * Renews a lease, or begins it. Answers `lost` where it is over; else `kept`. Then come the dead leases that the caller
 * is to clear up after: nobody else is given them for a while.
 *
 * ARGV: lease, how long it lasts from now (ms), for how long dead ones are given (ms), `begin` or `renew`.
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
 * Ends a lease, for the caller to clear up after it, or lets it run out by itself.
 *
 * ARGV: lease, `dead` and for how long it is given to the caller (ms), or `leaving` and how long it still lasts (ms).
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
 * Where a dead lease still has tags. When there are none any more, it is forgotten.
 *
 * ARGV: lease.
 */
export const PLACES_OF = scriptOf(`
  local base, lease = KEYS[1], ARGV[1]
  local places = redis.call('SMEMBERS', base .. 'places:' .. lease)
  if #places == 0 then redis.call('ZREM', base .. 'dead', lease) end
  return places
`)

/**
 * Takes away some tags of a dead lease in a place. Answers from where to go on; '0' when all are gone.
 *
 * ARGV: lease, place, channel to tell, for how long telling once is enough (ms), where to go on ('0': the beginning),
 * about how many.
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

export const SCRIPTS = [WRITE, ROLL, TAGS_OF, RENEW, END, PLACES_OF, CLEAR]
