export function fallsShortSections(results: object): readonly {
  readonly table: { readonly rows: readonly (readonly unknown[])[] }
}[]
