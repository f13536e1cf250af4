import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { serveHttp } from '../../../src/surface/http/server.ts'
import { openDashboard } from '../../../src/surface/http/dashboard.ts'
import { createSurface } from '../../../src/surface/surface.ts'
import { demoGateway } from '../../support/gateway.ts'
import { cookieOf, hiddenFields, openFront, Visitor } from './visitor.ts'

const token = 'correct-horse-battery'
const PAGES = ['/ui', '/ui/servers', '/ui/tools', '/ui/intents', '/ui/code', '/ui/results', '/ui/audit', '/ui/gateway']

/** Asks with headers that `fetch` does not let through. */
async function rawStatus(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('the dashboard', () => {
  it('is off unless asked for: nothing is there', async () => {
    await using gateway = demoGateway({ http: { port: 0 } })
    const surface = createSurface({ servers: ['demo'], compact: false, programs: true, version: '0' })
    const options = { loopDelay: () => ({ p50Ms: 0, p99Ms: 0, maxMs: 0 }), announce: () => undefined }
    expect(await openDashboard(gateway, surface, options)).toBeUndefined()
    await using service = await serveHttp(gateway, surface, { ...gateway.config.http })
    const response = await fetch(`${service.url}/ui`)
    expect([response.status, await response.text()]).toEqual([404, expect.not.stringContaining('/ui')])
  })

  it('is where the bare address leads', async () => {
    await using front = await openFront()
    const response = await fetch(front.url, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/ui'])
  })

  it('shows nobody a page who is not logged in, token or none', async () => {
    for (const http of [{}, { token }]) {
      await using front = await openFront({ config: { http } })
      for (const cookie of ['', 'mcp_optimizer_0=x', `mcp_optimizer_${new URL(front.url).port}=guess`]) {
        const stranger = new Visitor(front.url, cookie)
        for (const path of [...PAGES, '/ui/operation', '/ui/run?name=demo.add', '/ui/nothing']) {
          const response = await stranger.ask(path)
          expect([response.status, response.headers.get('location'), await response.text()]).toEqual([
            303,
            '/ui/login',
            '',
          ])
        }
        expect((await stranger.post('/ui/code', { code: 'return 1' })).status).toBe(303)
      }
      expect(front.gateway.metrics?.count('operation_ms')).toBe(0)
    }
  })

  it('lets in with the token of the front, into a cookie that scripts and other sites cannot use', async () => {
    await using front = await openFront({ config: { http: { token } } })
    const stranger = new Visitor(front.url, '')
    const wrong = await stranger.post('/ui/login', { token: `${token}x` })
    expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null])
    expect(await wrong.text()).toContain('not the token')
    const right = await stranger.post('/ui/login', { token })
    expect([right.status, right.headers.get('location')]).toEqual([303, '/ui'])
    expect(right.headers.get('set-cookie')).toMatch(
      /^mcp_optimizer_\d+=[\w-]{43}; Path=\/ui; Max-Age=28800; HttpOnly; SameSite=Strict$/,
    )
    const visitor = new Visitor(front.url, cookieOf(right))
    for (const path of PAGES) expect((await visitor.ask(path)).status).toBe(200)
    expect(await visitor.page('/ui')).toMatch(/Logged in as token:[0-9a-f]{16}/)
  })

  it('asks for a login where there is no token too, by a link that works once', async () => {
    await using front = await openFront()
    const stranger = new Visitor(front.url, '')
    expect(await stranger.page('/ui/login')).not.toContain('name="token"')
    expect((await stranger.post('/ui/login', { token: '' })).status).toBe(401)
    expect(front.links).toEqual([])
    expect((await stranger.post('/ui/login', { link: 'new' })).status).toBe(200)
    const [link = ''] = front.links
    expect(link.startsWith(`${front.url}/ui/login?once=`)).toBe(true)
    expect((await fetch(link, { method: 'HEAD' })).headers.get('set-cookie')).toBeNull()
    const first = await fetch(link)
    expect(first.status).toBe(200)
    expect((await new Visitor(front.url, cookieOf(first)).ask('/ui')).status).toBe(200)
    const second = await fetch(link)
    expect([second.status, second.headers.get('set-cookie')]).toEqual([401, null])
  })

  it('prints no flood of links for strangers', async () => {
    await using front = await openFront()
    const stranger = new Visitor(front.url, '')
    for (let time = 0; time < 5; time++) await stranger.post('/ui/login', { link: 'new' })
    expect(front.links).toHaveLength(1)
  })

  it('the cookie opens the pages alone, not the front', async () => {
    await using front = await openFront({ config: { http: { token } } })
    const visitor = await front.logIn()
    expect((await visitor.ask('/status')).status).toBe(401)
    expect(
      (await visitor.ask('/rpc', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }))
        .status,
    ).toBe(401)
  })

  it('forgets a login that logs out', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const out = await visitor.post('/ui/logout', hiddenFields(await visitor.page('/ui'), '/ui/logout'))
    expect([out.status, out.headers.get('set-cookie')]).toEqual([303, expect.stringContaining('Max-Age=0')])
    expect((await visitor.ask('/ui')).status).toBe(303)
  })

  it('sends every answer with a policy that allows no script, no frame and nothing from elsewhere', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const stranger = new Visitor(front.url, '')
    const answers = [
      ...(await Promise.all(
        [...PAGES, '/ui/run?name=demo.add', '/ui/run?name=none', '/ui/none'].map((path) => visitor.ask(path)),
      )),
      await stranger.ask('/ui/login'),
      await stranger.ask('/ui/login?once=wrong'),
      await stranger.ask('/ui'),
      await visitor.post('/ui/code', {}),
      await visitor.ask('/ui', { method: 'PUT' }),
    ]
    for (const { headers } of answers) {
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      )
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
    }
  })

  it('answers HEAD without a body, refuses other methods, sizes and types', async () => {
    await using front = await openFront({ config: { http: { maxBodyBytes: 2_000 } } })
    const visitor = await front.logIn()
    expect(await (await visitor.ask('/ui', { method: 'HEAD' })).text()).toBe('')
    expect((await visitor.ask('/ui', { method: 'DELETE' })).status).toBe(405)
    expect((await visitor.post('/ui/code', { code: 'x'.repeat(3_000) })).status).toBe(413)
    const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    expect((await visitor.ask('/ui/code', json)).status).toBe(415)
  })
})

describe('a form that another site sends', () => {
  it.each([
    ['without the secret of the login', {}, {}],
    ['with a wrong secret', { csrf: 'guess' }, {}],
    ['from another site, as the browser says', undefined, { 'sec-fetch-site': 'cross-site' }],
    ['from a site beside, as the browser says', undefined, { 'sec-fetch-site': 'same-site' }],
    ['with a foreign Origin', undefined, { origin: 'https://evil.example' }],
    ['with a null Origin', undefined, { origin: 'null' }],
  ])('%s does nothing', async (_how, fields, headers) => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const own = hiddenFields(await visitor.page('/ui/code'), '/ui/code')
    const { status } = await visitor.post('/ui/code', { code: 'return 1', ...(fields ?? own) }, headers)
    expect(status).toBe(403)
    expect(front.gateway.metrics?.count('operation_ms')).toBe(0)
    expect((await visitor.post('/ui/code', { code: 'return 1', ...own })).status).toBe(200)
    expect(front.gateway.metrics?.count('operation_ms')).toBe(1)
  })

  it('with the secret of another login does nothing', async () => {
    await using front = await openFront()
    const [visitor, other] = [await front.logIn(), await front.logIn()]
    const theirs = hiddenFields(await other.page('/ui/code'), '/ui/code')
    expect((await visitor.post('/ui/code', { code: 'return 1', ...theirs })).status).toBe(403)
  })

  it('is not shown a page under a name that is not ours', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const asked = { cookie: visitor.cookie, host: 'evil.example' }
    expect(await rawStatus(`${front.url}/ui`, asked)).toBe(403)
    expect(await rawStatus(`${front.url}/ui/login`, asked)).toBe(403)
  })
})
