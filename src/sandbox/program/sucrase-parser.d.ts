/** The parts of sucrase's parser in use, which its package does not declare at these paths. */
declare module 'sucrase/dist/parser/traverser/base.js' {
  const base: {
    /** The parse under way, or the last one. */
    readonly state: { readonly tokens: readonly import('./tokens.ts').Token[] }
  }
  export = base
}
declare module 'sucrase/dist/parser/tokenizer/types.js' {
  const types: { readonly TokenType: Readonly<Record<string, number>> }
  export = types
}
