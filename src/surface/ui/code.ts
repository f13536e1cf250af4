import { html } from '../../internal/html.ts'
import type { Surface } from '../surface.ts'
import { answerView } from './answer.ts'
import { areaField, card, problem, textField } from './elements.ts'
import { readObject } from './form-fields.ts'
import { askedBy, type Page, type Parts, type Visit } from './page.ts'
import { hiddenFields, onceKey } from './run.ts'

const FIRST = `const found = await tools.search('list files')
console.log(found.length, 'matches')
return found.map(({ signature }) => signature)`

/** A program in the sandbox, as agents run theirs. */
export async function codePage(visit: Visit, parts: Parts): Promise<Page> {
  const { form } = visit
  if (!offersCode(parts.surface))
    return {
      title: 'Code',
      body: problem('This gateway’s surface runs no code (enableSandbox, executionMode), so neither does this page.'),
    }
  const { query } = visit
  if (form === undefined)
    return page(visit, {
      code: query.get('code') ?? FIRST,
      params: query.get('params') ?? '',
      timeoutMs: '',
      session: '',
    })
  const written = {
    code: (form.get('code') ?? '').replaceAll('\r\n', '\n'),
    params: form.get('params') ?? '',
    timeoutMs: form.get('timeoutMs') ?? '',
    session: form.get('session')?.trim() ?? '',
  }
  const params = written.params.trim() === '' ? { params: {} } : readObject(written.params)
  if ('problem' in params) return page(visit, written, problem(`The parameters cannot be read: ${params.problem}`), 400)
  const answer = await parts.optimizer.execute(
    {
      code: written.code,
      params: params.params,
      ...(written.timeoutMs === '' ? {} : { timeoutMs: Number(written.timeoutMs) }),
      ...(written.session === '' ? {} : { session: written.session }),
      idempotencyKey: onceKey(visit, written),
    },
    askedBy(visit),
  )
  // What a program keeps in `state` is there for the next one.
  return page(visit, { ...written, session: answer.metadata.session ?? written.session }, answerView(answer))
}

interface Written {
  readonly code: string
  readonly params: string
  readonly timeoutMs: string
  readonly session: string
}

function offersCode({ tools }: Surface): boolean {
  return tools.some(({ name }) => name === 'execute_code')
}

function page(visit: Visit, { code, params, timeoutMs, session }: Written, output?: Page['body'], status = 200): Page {
  return {
    title: 'Code',
    status,
    body: html`<div class="split"><section class="card"><h2>Program</h2><form method="post" action="/ui/code">${hiddenFields(visit)}
${areaField('TypeScript, the body of an async function', 'code', code, {
  rows: Math.min(40, Math.max(14, code.split('\n').length + 1)),
  hint: 'It sees tools, intents, results, state, params and console; what it returns is the value.',
})}
<details${params !== '' && html` open`}><summary>Parameters</summary>${areaField('params, as JSON', 'params', params, { rows: 3, placeholder: '{"name": "value"}' })}</details>
<div class="line">${textField('Deadline, ms', 'timeoutMs', timeoutMs, { type: 'number', hint: 'default: the configuration’s' })}
${textField('Session', 'session', session, { size: 32, hint: 'keeps state from program to program' })}</div>
<div class="actions"><button>Run</button></div></form></section>
<div>${output ?? card('Output', html`<p class="note">Value, console and cost appear here.</p>`)}</div></div>`,
  }
}
