import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ownFolders } from '../../src/config/own-folders.ts'

const LINUX = {
  config: join('.config', 'mcp-optimizer'),
  cache: join('.cache', 'mcp-optimizer'),
  data: join('.local', 'share', 'mcp-optimizer'),
}

it.each([
  ['linux', {}, LINUX],
  ['freebsd', {}, LINUX],
  [
    'darwin',
    {},
    {
      config: join('Library', 'Preferences', 'mcp-optimizer'),
      cache: join('Library', 'Caches', 'mcp-optimizer'),
      data: join('Library', 'Application Support', 'mcp-optimizer'),
    },
  ],
  [
    'win32',
    {},
    {
      config: join('AppData', 'Roaming', 'mcp-optimizer', 'Config'),
      cache: join('AppData', 'Local', 'mcp-optimizer', 'Cache'),
      data: join('AppData', 'Local', 'mcp-optimizer', 'Data'),
    },
  ],
  // An empty variable is none, as the specification of these folders says.
  ['linux', { XDG_CONFIG_HOME: '', XDG_CACHE_HOME: '', XDG_DATA_HOME: '' }, LINUX],
])('on %s with %j the folders lie in the home folder', (platform, env, { config, cache, data }) => {
  expect(ownFolders({ platform, env, home: '/home/ann' })).toEqual({
    config: join('/home/ann', config),
    cache: join('/home/ann', cache),
    data: join('/home/ann', data),
  })
})

it.each([
  [
    'linux',
    { XDG_CONFIG_HOME: '/c', XDG_CACHE_HOME: '/k', XDG_DATA_HOME: '/d' },
    [join('/c', 'mcp-optimizer'), join('/k', 'mcp-optimizer'), join('/d', 'mcp-optimizer')],
  ],
  [
    'win32',
    { APPDATA: '/c', LOCALAPPDATA: '/k' },
    [join('/c', 'mcp-optimizer', 'Config'), join('/k', 'mcp-optimizer', 'Cache'), join('/k', 'mcp-optimizer', 'Data')],
  ],
])('on %s variables move them', (platform, env, [config, cache, data]) => {
  expect(ownFolders({ platform, env, home: '/home/ann' })).toEqual({ config, cache, data })
})
