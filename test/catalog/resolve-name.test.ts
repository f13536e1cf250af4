import { describe, expect, it } from 'vitest'
import type { Catalog, Intent } from '../../src/catalog/catalog.ts'
import { idOf } from '../../src/catalog/resolve-name.ts'
import { createCatalog } from '../../src/catalog/snapshot.ts'

const SERVERS: Readonly<Record<string, readonly string[]>> = {
  shop: ['get-issue', 'list_issues', 'createOrder', 'stock/list', 'v1.refund', '__proto__', 'delete'],
  'my-files': ['read_file', 'delete', 'Read Metadata'],
  倉庫: ['在庫一覧', '在庫更新'],
  twins: ['get_row', 'getRow', 'get-row', 'open'],
  shop_eu: ['list'],
  store: ['eu_list'],
  'a.b': ['c.d'],
}

function intent(name: string): Intent {
  return {
    name,
    description: name,
    input: { type: 'object' },
    servers: [],
    aliases: {},
    readOnly: true,
    origin: 'file',
    examples: [],
  }
}

const catalog: Catalog = createCatalog({
  servers: Object.entries(SERVERS).map(([name, tools]) => ({
    name,
    state: 'ready',
    tools: tools.map((tool) => ({ name: tool, inputSchema: { type: 'object' } })),
  })),
  intents: [intent('list_orders'), intent('stock.check')],
})
const meant = (name: string): string[] => catalog.names.find(name).entries.map(idOf).toSorted()
const keyOf = (tool: string): string => [...catalog.tools.values()].find((one) => one.tool === tool)?.id ?? ''

describe('names as clients, servers and models write them (26, F12)', () => {
  it.each([
    ['shop.list_issues', 'shop.list_issues'],
    ['shop.get-issue', 'shop.get_issue'],
    ['shop__get-issue', 'shop.get_issue'],
    ['shop/get-issue', 'shop.get_issue'],
    ['shop:list_issues', 'shop.list_issues'],
    ['shop::list_issues', 'shop.list_issues'],
    ['mcp__shop__list_issues', 'shop.list_issues'],
    ['mcp__optimizer__shop__list_issues', 'shop.list_issues'],
    ['mcp.shop.list_issues', 'shop.list_issues'],
    ['functions.shop.list_issues', 'shop.list_issues'],
    ['tools.shop.list_issues', 'shop.list_issues'],
    ["tools['my-files'].read_file", 'my_files.read_file'],
    ['tools.shop["get-issue"]', 'shop.get_issue'],
    ['await tools.shop.list_issues()', 'shop.list_issues'],
    ['`shop.list_issues`', 'shop.list_issues'],
    [' shop.list_issues ', 'shop.list_issues'],
    ['my-files.read_file', 'my_files.read_file'],
    ['my-files__read_file', 'my_files.read_file'],
    ['myFiles.readFile', 'my_files.read_file'],
    ['My Files.read file', 'my_files.read_file'],
    ['SHOP.LIST_ISSUES', 'shop.list_issues'],
    ['shop.listIssues', 'shop.list_issues'],
    ['shop.create-order', 'shop.createOrder'],
    ['shop.stock/list', 'shop.stock_list'],
    ['shop/stock/list', 'shop.stock_list'],
    ['shop.v1.refund', 'shop.v1_refund'],
    ['a.b.c.d', 'a_b.c_d'],
    ['shop_list_issues', 'shop.list_issues'],
    ['shopListIssues', 'shop.list_issues'],
    ['list_issues', 'shop.list_issues'],
    ['listIssues', 'shop.list_issues'],
    ['get-issue', 'shop.get_issue'],
    ['read_file', 'my_files.read_file'],
    ['Read Metadata', 'my_files.Read_Metadata'],
    ['shop.__proto__', 'shop.__proto___'],
    ['list-orders', 'list_orders'],
    ['intents.list_orders', 'list_orders'],
    ['listOrders', 'list_orders'],
    ['stock__check', 'stock.check'],
    ['stock/check', 'stock.check'],
  ])('%s is %s', (name, id) => {
    expect(meant(name)).toEqual([id])
  })

  it.each(['倉庫.在庫一覧', '倉庫/在庫一覧', '在庫一覧', 'mcp__倉庫__在庫一覧'])(
    '%s is the tool of that name',
    (name) => {
      expect(meant(name)).toEqual([keyOf('在庫一覧')])
    },
  )

  it.each(['get_row', 'getRow', 'get-row'])('twins.%s is the tool of exactly this name', (name) => {
    expect(meant(`twins.${name}`)).toEqual([keyOf(name)])
    expect(meant(name)).toEqual([keyOf(name)])
  })

  it('is ambiguous where several servers have it, or several spellings fit', () => {
    expect(meant('delete')).toEqual(['my_files.delete_', 'shop.delete_'])
    expect(meant('twins.GetRow')).toHaveLength(3)
  })

  it.each([
    'gitlab.list_issues',
    'mcp__gitlab__list_issues',
    'store_eu.list',
    'list.issues',
    'shop.list',
    'nothing',
    '',
    '.',
    '__',
    'toString',
    'constructor',
  ])('%s is nothing: no server that is named is exchanged for another', (name) => {
    expect(meant(name)).toEqual([])
  })

  it('says whether a name holds its server', () => {
    expect(catalog.names.find('list_issues').isBare).toBe(true)
    expect(catalog.names.find('shop.listIssues').isBare).toBe(false)
  })

  it.each([
    ['my-files', 'my_files'],
    ['my_files', 'my_files'],
    ['MyFiles', 'my_files'],
    ['tools.shop', 'shop'],
    ['Shop', 'shop'],
    ['nowhere', undefined],
  ])('server %s is %s', (name, key) => {
    expect(catalog.names.server(name)).toBe(key)
  })

  it('knows the server of a name in another script', () => {
    expect(catalog.names.server('倉庫')).toBe(catalog.servers.get('倉庫')?.key)
  })
})
