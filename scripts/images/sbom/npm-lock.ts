import { z } from 'zod';
import { type Component, sorted } from './component.ts';

const packageSchema = z.object({
  version: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

const lockSchema = z.object({ lockfileVersion: z.literal(3), packages: z.record(z.string(), packageSchema) });

const FOLDER = 'node_modules/';

/** The packages of a package-lock.json, each by its folder, such as `node_modules/a/node_modules/b`. */
export class NpmLock {
  readonly #packages: z.output<typeof lockSchema>['packages'];

  constructor(json: string) {
    this.#packages = lockSchema.parse(JSON.parse(json)).packages;
  }

  /** Folder of the package that a file below node_modules belongs to. Undefined for other files. */
  folderOf(file: string): string | undefined {
    const parts = file.split(FOLDER);
    if (parts.length < 2) return undefined;
    const last = parts.pop()?.split('/') ?? [];
    const name = last.slice(0, last[0]?.startsWith('@') ? 2 : 1).join('/');
    return [...parts, name].join(FOLDER);
  }

  /** Folders of a package and of all that it depends on, as Node finds them. */
  closureOf(name: string): Set<string> {
    const found = new Set<string>();
    const visit = (folder: string): void => {
      if (found.has(folder)) return;
      found.add(folder);
      const { dependencies, optionalDependencies } = this.#package(folder);
      for (const wanted of Object.keys({ ...dependencies, ...optionalDependencies })) {
        const resolved = this.#resolve(folder, wanted);
        if (resolved !== undefined) visit(resolved);
        else if (!(wanted in optionalDependencies))
          throw new Error(`package-lock.json has no ${wanted}, which ${folder} needs: run \`npm install\``);
      }
    };
    visit(FOLDER + name);
    return found;
  }

  /** @throws Error if the lock file does not have a folder */
  components(folders: Iterable<string>): Component[] {
    return sorted([...folders].map((folder) => this.#component(folder)));
  }

  #component(folder: string): Component {
    const { version = '', integrity, license } = this.#package(folder);
    const name = folder.slice(folder.lastIndexOf(FOLDER) + FOLDER.length);
    const purl = `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
    return {
      type: 'library',
      'bom-ref': purl,
      name,
      version,
      purl,
      ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
      ...(integrity === undefined ? {} : { hashes: hashesOf(integrity) }),
    };
  }

  #package(folder: string) {
    const entry = this.#packages[folder];
    if (entry === undefined) throw new Error(`package-lock.json has no ${folder}: run \`npm install\``);
    return entry;
  }

  /** Looks beside the package and then in each folder above. */
  #resolve(from: string, name: string): string | undefined {
    for (let at = from; ; ) {
      const candidate = at === '' ? FOLDER + name : `${at}/${FOLDER}${name}`;
      if (candidate in this.#packages) return candidate;
      if (at === '') return undefined;
      at = at.slice(0, Math.max(0, at.lastIndexOf(`/${FOLDER}`)));
    }
  }
}

/** A checksum such as `sha512-<base64>` of the package's archive. */
function hashesOf(integrity: string): Component['hashes'] & {} {
  return integrity.split(' ').map((hash) => {
    const [algorithm = '', base64 = ''] = hash.split(/-(.*)/s);
    return {
      alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
      content: Buffer.from(base64, 'base64').toString('hex'),
    };
  });
}
