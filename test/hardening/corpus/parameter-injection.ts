import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks } from './attacks.ts'

const SOURCE = `return { v: params.v, type: typeof params.v }`
const changed: Probe = ({ out, host, c }) => {
  const { v } = c.params as { v: unknown }
  return JSON.stringify(out.value) !== JSON.stringify({ v, type: typeof v }) || host.calls.length > 0
}
const data = (v: unknown) => ({ params: { v }, probe: changed })

/** Parameters that would be code if anybody put them into source. */
export const parameterInjection: readonly HostileCase[] = attacks('param-inject', {
  'double-quotes': ['closes a text in double quotes', SOURCE, data(`"); tools.echo("INJECTED"); ("`)],
  'single-quotes': ['closes a text in single quotes', SOURCE, data(`'; await tools.echo('INJECTED'); '`)],
  'template-part': ['is a part of a template', SOURCE, data('${await tools.echo("INJECTED")}')],
  'template-close': ['closes a template', SOURCE, data('`; tools.echo("INJECTED"); `')],
  'backslash-before-quote': ['escapes the closing quote', SOURCE, data('\\')],
  'json-breakout': ['closes an object literal', SOURCE, data(`"}, x: tools.echo("INJECTED"), y: {"z":"`)],
  'line-separators': ['ends a text by line separators', SOURCE, data('a\u2028tools.echo("INJECTED")\u2029b')],
  comment: ['comments the rest out', SOURCE, data('*/ tools.echo("INJECTED") //')],
  'html-end': ['ends a script', SOURCE, data('</script><script>tools.echo("INJECTED")</script><!--')],
  placeholders: [
    'looks like the placeholders of a template',
    SOURCE,
    data('{{v}} %s ${v} $1 $& $$ __PARAMS__ <%= v %> :v'),
  ],
  'percent-and-entities': [
    'is decoded by somebody on the way',
    SOURCE,
    data('%22%3Btools.echo%28%22INJECTED%22%29 &quot;; \\x22 \\u0022'),
  ],
  'control-characters': [
    'holds every control character',
    SOURCE,
    data(String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i), 127, 0x85)),
  ],
  'half-characters': ['holds halves of characters', SOURCE, data('\udc00\ud800"; tools.echo("INJECTED")')],
  'odd-keys': [
    'keys that are code, paths or names of methods',
    `return params.v`,
    {
      params: {
        v: { '"]; tools.echo("INJECTED"); ["': 1, 'a.b': 2, toString: 3, then: 4, toJSON: 5, length: 6, '': 7 },
      },
      probe: ({ out, host, c }) =>
        JSON.stringify(out.value) !== JSON.stringify((c.params as { v: unknown }).v) || host.calls.length > 0,
    },
  ],
  'proto-keys': [
    'keys that are prototypes stay data or go, and change nothing',
    `return [typeof params.polluted, typeof ({}).polluted, Object.getPrototypeOf(params) === Object.prototype]`,
    {
      paramsJson: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      probe: ({ out }) => out.json !== '["undefined","undefined",true]',
    },
  ],
  'duplicate-keys': [
    'a key comes twice: check and program must see one value',
    `return params.v`,
    { paramsJson: '{"v":"first","v":"last"}', probe: ({ out }) => out.value !== 'last' },
  ],
  'large-numbers': [
    'numbers beyond what numbers hold',
    `return [params.a, params.b, params.c === Infinity, Object.is(params.d, -0)]`,
    {
      paramsJson: '{"a":9007199254740993,"b":0.1e-400,"c":1e400,"d":-0}',
      probe: ({ out }) => out.json !== '[9007199254740992,0,true,true]',
    },
  ],
  'deep-parameters': [
    'parameters six thousand levels deep',
    `return typeof params.v`,
    { paramsJson: `{"v":${'['.repeat(6_000)}${']'.repeat(6_000)}}` },
  ],
  'many-keys': [
    'two hundred thousand keys',
    `return Object.keys(params.v).length`,
    {
      paramsJson: `{"v":{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":0`).join()}}}`,
      probe: ({ out }) => out.status === 'ok' && out.value !== 200_000,
    },
  ],
  'long-text': [
    'a text of eight megabytes',
    `return params.v.length`,
    { params: { v: 'v'.repeat(8_000_000) }, probe: ({ out }) => out.status === 'ok' && out.value !== 8_000_000 },
  ],
})
