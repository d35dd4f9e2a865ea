/** A package in an image, as CycloneDX 1.5 describes it. */
export interface Component {
  readonly type: 'library';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

/** The packages once each, in the order of their URLs, so that the same packages give the same document. */
export function sorted(components: Iterable<Component>): Component[] {
  const byPurl = new Map([...components].map((component) => [component.purl, component]));
  return [...byPurl.values()].sort((one, other) => (one.purl < other.purl ? -1 : 1));
}
