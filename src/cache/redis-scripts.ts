import type { Scripts } from './redis-connection.ts'

/**
 * What runs inside Redis, each as one step. KEYS: the hash of the groups' tokens, the entry. An entry is stored as its
 * group's token (16 characters) and its text; under another token it counts as none. All answer `{token, text?, life?}`.
 */
export const SCRIPTS: Scripts = {
  // ARGV: group
  mcpoGet: `
local token = redis.call('HGET', KEYS[1], ARGV[1])
if not token then return {''} end
local entry = redis.call('GET', KEYS[2])
if not entry or string.sub(entry, 1, #token) ~= token then return {token} end
return {token, string.sub(entry, #token + 1), redis.call('PTTL', KEYS[2])}`,

  // ARGV: group, token for a group without one, text, life in milliseconds (0: remove), token it must be under (empty: any)
  mcpoSet: `
local token = redis.call('HGET', KEYS[1], ARGV[1])
if tonumber(ARGV[4]) <= 0 then
  redis.call('DEL', KEYS[2])
  return {token or ''}
end
if not token then
  token = ARGV[2]
  redis.call('HSET', KEYS[1], ARGV[1], token)
end
if ARGV[5] == '' or ARGV[5] == token then
  redis.call('SET', KEYS[2], token .. ARGV[3], 'PX', ARGV[4])
end
return {token}`,

  // ARGV as mcpoSet
  mcpoAdd: `
local token = redis.call('HGET', KEYS[1], ARGV[1])
if not token then
  token = ARGV[2]
  redis.call('HSET', KEYS[1], ARGV[1], token)
end
local entry = redis.call('GET', KEYS[2])
if entry and string.sub(entry, 1, #token) == token then
  return {token, string.sub(entry, #token + 1), redis.call('PTTL', KEYS[2])}
end
redis.call('SET', KEYS[2], token .. ARGV[3], 'PX', ARGV[4])
return {token}`,

  // ARGV: group (empty: all), its new token, channel
  mcpoClear: `
if ARGV[1] == '' then redis.call('DEL', KEYS[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('PUBLISH', ARGV[3], ARGV[2] .. ' ' .. ARGV[1])
return {ARGV[2]}`,
}
