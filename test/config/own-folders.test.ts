import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ownFolders } from '../../src/config/own-folders.ts'

it.each([
  ['linux', {}, join('.config', 'mcp-optimizer'), join('.cache', 'mcp-optimizer')],
  ['freebsd', {}, join('.config', 'mcp-optimizer'), join('.cache', 'mcp-optimizer')],
  ['darwin', {}, join('Library', 'Preferences', 'mcp-optimizer'), join('Library', 'Caches', 'mcp-optimizer')],
  [
    'win32',
    {},
    join('AppData', 'Roaming', 'mcp-optimizer', 'Config'),
    join('AppData', 'Local', 'mcp-optimizer', 'Cache'),
  ],
  // An empty variable is none, as the specification of these folders says.
  [
    'linux',
    { XDG_CONFIG_HOME: '', XDG_CACHE_HOME: '' },
    join('.config', 'mcp-optimizer'),
    join('.cache', 'mcp-optimizer'),
  ],
])('on %s with %j the folders lie in the home folder', (platform, env, config, cache) => {
  expect(ownFolders({ platform, env, home: '/home/ann' })).toEqual({
    config: join('/home/ann', config),
    cache: join('/home/ann', cache),
  })
})

it.each([
  ['linux', { XDG_CONFIG_HOME: '/c', XDG_CACHE_HOME: '/k' }, ['/c', 'mcp-optimizer'], ['/k', 'mcp-optimizer']],
  ['win32', { APPDATA: '/c', LOCALAPPDATA: '/k' }, ['/c', 'mcp-optimizer', 'Config'], ['/k', 'mcp-optimizer', 'Cache']],
])('on %s variables move them', (platform, env, config, cache) => {
  expect(ownFolders({ platform, env, home: '/home/ann' })).toEqual({ config: join(...config), cache: join(...cache) })
})
