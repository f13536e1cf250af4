import { randomUUID } from 'node:crypto'
import type { CatalogTool } from '../../catalog/catalog.ts'
import type { JsonObject } from '../../internal/json.ts'
import { describeEntry } from '../../engine/finder.ts'
import { longHash } from '../../internal/hash.ts'
import { html, type Html } from '../../internal/html.ts'
import { cleanText } from '../../internal/text.ts'
import type { Optimizer } from '../../optimizer.ts'
import type { Surface } from '../surface.ts'
import { answerView } from './answer.ts'
import { address, areaField, card, problem, tag, textArea } from './elements.ts'
import { fieldsOf, fieldText, type FormField, readFields, readObject } from './form-fields.ts'
import { askedBy, type Page, type Parts, type Visit } from './page.ts'

/**
 * A form to run one intent, or one tool by its id. What does not only read is asked for twice: the second time with the
 * very parameters that will be sent.
 */
export async function runPage(visit: Visit, parts: Parts): Promise<Page> {
  const name = (visit.form ?? visit.query).get('name') ?? ''
  const target = targetOf(name, parts.optimizer, visit.principal)
  if (!offersIntents(parts.surface))
    return {
      title: name,
      status: 403,
      body: problem('This gateway’s surface runs no intents by name (executionMode).'),
    }
  const show = (content: Html, status = 200): Page => ({
    title: name,
    status,
    section: target.section,
    body: html`${about(target)}${content}`,
  })
  const { form } = visit
  if (form === undefined) return show(paramsForm(visit, target, presetsOf(visit, target)))

  const sent = form.get('params')
  const read = sent === null ? readForm(target, form) : readObject(sent)
  if ('problem' in read || 'problems' in read) return show(paramsForm(visit, target, echoOf(form, target), read), 400)
  const { params } = read
  if (form.get('step') === 'edit') return show(paramsForm(visit, target, writtenAs(target, params)))
  const seal = sealOf(visit.csrf, name, params)
  if (target.effect !== 'reads' && form.get('seal') !== seal) return show(confirmation(visit, target, params, seal))
  const answer = await parts.optimizer.executeIntent(
    { intent: name, params, idempotencyKey: onceKey(visit, name, params) },
    askedBy(visit),
  )
  return show(html`${answerView(answer)}${paramsForm(visit, target, writtenAs(target, params))}`)
}

/** True where agents may run intents by name on this surface, or in code. */
export function offersIntents({ tools }: Surface): boolean {
  return tools.some(({ name }) => name === 'execute_intent' || name === 'call_tool' || name === 'execute_code')
}

/** A form that is sent again, by a reload or a second click, is answered as the first time. */
export function onceKey({ csrf, form }: Visit, ...content: readonly unknown[]): string {
  return longHash(JSON.stringify([csrf, form?.get('nonce') ?? '', ...content]))
}

/** What makes each showing of a form another one. */
export function hiddenFields({ csrf }: Visit): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}" /><input
      type="hidden"
      name="nonce"
      value="${randomUUID()}"
    />`
}

/** What is run, as the form needs it. */
interface Target {
  readonly name: string
  readonly signature: string
  readonly description: string
  readonly fields: readonly FormField[]
  readonly examples: readonly JsonObject[]
  readonly effect: Effect
  readonly section: string
}

/**
 * What a person is asked before it runs: nothing where it says that it only reads. That is the word of the server, which
 * proves nothing where it is not trusted; but here a person pressed the button, and sees the name and the parameters.
 */
type Effect = 'reads' | 'acts' | 'destroys'

/** Throws `UNKNOWN_TOOL`. */
function targetOf(name: string, optimizer: Optimizer, principal: string): Target {
  const intents = new Map(optimizer.intents(principal).map((one) => [one.name, one]))
  const catalog = { ...optimizer.catalog(principal), intents }
  const { signature, description, inputSchema } = describeEntry(catalog, name, optimizer.outputOf)
  const [intent, tool] = [intents.get(name), catalog.tools.get(name)]
  return {
    name,
    signature,
    description,
    fields: fieldsOf(inputSchema),
    examples: intent?.examples ?? [],
    section: tool === undefined ? '/ui/intents' : '/ui/tools',
    effect: tool === undefined ? (intent?.readOnly === true ? 'reads' : 'acts') : effectOf(tool),
  }
}

function effectOf({ readOnlyHint, destructiveHint }: CatalogTool): Effect {
  if (readOnlyHint === true) return 'reads'
  return destructiveHint === true ? 'destroys' : 'acts'
}

const EFFECTS: Readonly<Record<Effect, Html>> = {
  reads: tag('only reads'),
  acts: tag('may change something: asks before it runs', 'warn'),
  destroys: tag('may destroy something: asks before it runs', 'bad'),
}

function about({ signature, description, effect }: Target): Html {
  return html`<section class="card">
    <h2>Signature</h2>
    <pre>${signature}</pre>
    <p class="prose">${cleanText(description)}</p>
    ${EFFECTS[effect]}
  </section>`
}

/** What stands in the form's fields, by parameter; `json`: all of them as one text. */
interface Written {
  readonly of: (name: string) => string
  readonly json: string
}

type Wrong = { readonly problem: string } | { readonly problems: ReadonlyMap<string, string> }

function readForm(
  target: Target,
  form: URLSearchParams,
): { readonly params: Readonly<Record<string, unknown>> } | Wrong {
  const json = form.get('json')?.trim() ?? ''
  return json === '' ? readFields(target.fields, (name) => form.get(`p.${name}`)) : readObject(json)
}

function presetsOf({ query }: Visit, target: Target): Written {
  const example = target.examples[Number(query.get('example') ?? -1)]
  if (example !== undefined) return writtenAs(target, example)
  const given = query.get('params')
  const read = given === null ? undefined : readObject(given)
  if (read !== undefined && 'params' in read) return writtenAs(target, read.params)
  return { of: (name) => target.fields.find((field) => field.name === name)?.preset ?? '', json: '' }
}

function echoOf(form: URLSearchParams, { fields }: Target): Written {
  return { of: (name) => form.get(`p.${name}`) ?? '', json: form.get('json') ?? (fields.length === 0 ? '{}' : '') }
}

function writtenAs({ fields }: Target, params: Readonly<Record<string, unknown>>): Written {
  const named = new Set(fields.map(({ name }) => name))
  const fits = Object.keys(params).every((name) => named.has(name))
  const field = (name: string): FormField | undefined => fields.find((one) => one.name === name)
  const of = (name: string): string => {
    const known = field(name)
    return known === undefined || !Object.hasOwn(params, name) ? '' : fieldText(known, params[name])
  }
  return fits ? { of, json: '' } : { of: () => '', json: JSON.stringify(params, undefined, 2) }
}

function paramsForm(visit: Visit, target: Target, written: Written, wrong?: Wrong): Html {
  const { name, fields, examples } = target
  const problems = wrong !== undefined && 'problems' in wrong ? wrong.problems : new Map<string, string>()
  const isJsonOpen = fields.length === 0 || written.json !== ''
  const json = areaField('All parameters as JSON', 'json', written.json, {
    rows: 5,
    placeholder: '{"name": "value"}',
    hint: 'When something stands here, the fields above do not count.',
  })
  return html`<section class="card"><h2>Parameters</h2>
${examples.length > 0 && html`<p class="note">Examples: ${examples.map((_example, at) => html`<a href="${address('/ui/run', { name, example: String(at) })}">${at + 1}</a> `)}</p>`}
${wrong !== undefined && problem('problem' in wrong ? `The JSON cannot be read: ${wrong.problem}` : 'Some fields cannot be read')}
<form method="post" action="/ui/run">${hiddenFields(visit)}<input type="hidden" name="name" value="${name}">
${fields.map((field) => fieldHtml(field, written.of(field.name), problems.get(field.name)))}
<details${isJsonOpen && html` open`}><summary>As JSON</summary>${json}</details>
<div class="actions"><button>${target.effect === 'reads' ? 'Run' : 'Go on'}</button></div>
</form></section>`
}

function fieldHtml(field: FormField, value: string, wrong: string | undefined): Html {
  const { name, type, description, required } = field
  const id = `p-${name}`
  const about = [description !== '' && `${id}-hint`, wrong !== undefined && `${id}-wrong`].filter(Boolean).join(' ')
  return html`<div class="field">
    <label for="${id}">${name}${!required && '?'} <span class="type">${type}</span></label>
    ${control(field, id, value, html`${about !== '' && html` aria-describedby="${about}"`}${wrong !== undefined && html` aria-invalid="true"`}`)}
    ${description !== '' && html`<p class="hint prose" id="${id}-hint">${cleanText(description)}</p>`}
    ${wrong !== undefined && html`<p class="wrong" id="${id}-wrong">${wrong}</p>`}
  </div>`
}

function control(
  { name, kind, choices, required, minimum, maximum }: FormField,
  id: string,
  value: string,
  more: Html,
): Html {
  const named = html`id="${id}" name="p.${name}"${more}`
  switch (kind) {
    case 'line':
      return html`<input ${named} type="text" value="${value}" autocomplete="off" spellcheck="false" />`
    case 'number':
    case 'integer':
      return html`<input
        ${named}
        type="number"
        value="${value}"
        step="${kind === 'integer' ? '1' : 'any'}"
        ${minimum !== undefined && html` min="${minimum}"`}${maximum !== undefined && html` max="${maximum}"`}
      />`
    case 'boolean':
      return html`<select ${named}>
        ${options(required ? ['true', 'false'] : ['', 'true', 'false'], value)}
      </select>`
    case 'choice':
      return html`<select ${named}>
        ${options(required ? choices : ['', ...choices], value)}
      </select>`
    case 'area':
      return textArea(html`${named} rows="1" class="grows"`, value)
    case 'json':
      return textArea(html`${named} rows="1" class="grows" placeholder="JSON"`, value)
  }
}

/** Choices are JSON texts; people see texts without quotes. */
function options(choices: readonly string[], value: string): Html[] {
  return choices.map((choice) => {
    const shown = choice.startsWith('"') ? String(JSON.parse(choice)) : choice === '' ? '(not given)' : choice
    return html`<option value="${choice}" ${choice === value && html` selected`}>${shown}</option>`
  })
}

function confirmation(
  visit: Visit,
  { name, effect }: Target,
  params: Readonly<Record<string, unknown>>,
  seal: string,
): Html {
  return card(
    'Run it with these parameters?',
    html`<div class="${effect === 'destroys' ? 'problem' : 'caution'}">
        <p>
          <strong>${name}</strong> may ${effect === 'destroys' ? 'destroy' : 'change'} something, and what it does
          cannot be taken back here.
        </p>
      </div>
      <pre>${cleanText(JSON.stringify(params, undefined, 2))}</pre>
      <form method="post" action="/ui/run" class="actions">
        ${hiddenFields(visit)}<input type="hidden" name="name" value="${name}" />
        <input type="hidden" name="params" value="${JSON.stringify(params)}" /><input
          type="hidden"
          name="seal"
          value="${seal}"
        />
        <button name="step" value="run" class="${effect === 'destroys' && 'danger'}">Run it</button
        ><button name="step" value="edit" class="quiet">Change</button>
      </form>`,
  )
}

/** Shows that these parameters were seen on a page of this login. */
function sealOf(csrf: string, name: string, params: unknown): string {
  return longHash(JSON.stringify([csrf, name, params]))
}
