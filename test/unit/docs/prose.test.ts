import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { modelDeploymentCrd } from '../../../services/shared/model-deployment/crd.ts';
import { anchors, codeSpans, links, paragraphs } from '../../support/prose/markdown.ts';
import { countWords, longSentences, splitSentences } from '../../support/prose/sentences.ts';

const MAXIMUM_WORDS = 30;
const MAXIMUM_README_LINES = 150;

const FILES = globSync(['*.md', 'docs/**/*.md', 'jobs/training/README.md'], { cwd: repositoryRoot }).sort();

/** Code that tells its readers, or an alert's reader, to look at a page. */
const CODE = globSync(['{services,operators,charts,scripts}/**/*.ts', 'jobs/training/src/**/*.py'], {
  cwd: repositoryRoot,
});

function read(file: string): string {
  return readFileSync(join(repositoryRoot, file), 'utf8');
}

function tooLong(paragraph: string): string[] {
  return longSentences(paragraph, MAXIMUM_WORDS).map(
    (sentence) => `${countWords(sentence)} words: ${sentence}`,
  );
}

/** Why a link leads nowhere; undefined if it leads somewhere, or out of the repository. */
function problemOf(file: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const linked = path === '' ? file : normalize(join(dirname(file), path));
  if (!existsSync(join(repositoryRoot, linked))) return `${linked} does not exist`;
  if (anchor === undefined || !linked.endsWith('.md')) return undefined;
  return anchors(read(linked)).has(anchor) ? undefined : `${linked} has no heading #${anchor}`;
}

function descriptionsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'description' && typeof member === 'string' ? [member] : descriptionsIn(member),
  );
}

describe('the docs', () => {
  test.each(FILES)('have no sentence above 30 words in %s', (file) => {
    expect(paragraphs(read(file)).flatMap(tooLong)).toEqual([]);
  });

  test.each(FILES)('have no link to nowhere in %s', (file) => {
    const problems = links(read(file)).flatMap(({ target, line }) => {
      const problem = problemOf(file, target);
      return problem === undefined ? [] : [`line ${line}: ${problem}`];
    });
    expect(problems).toEqual([]);
  });

  test.each(FILES)('name no file that is not there in %s', (file) => {
    const paths = codeSpans(read(file)).filter(
      (span) =>
        /^(?:services|operators|charts|scripts|test|jobs|docs|k8s)\/[\w./-]+$/.test(span) &&
        !span.includes('/.venv/'),
    );
    expect(paths.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
  });

  test('have every page and heading that code names', () => {
    const problems = CODE.flatMap((file) =>
      [...read(file).matchAll(/\bdocs\/[\w/.-]+\.md(?:#[\w-]+)?/g)].flatMap(([target]) => {
        const problem = problemOf('README.md', target);
        return problem === undefined ? [] : [`${file}: ${problem}`];
      }),
    );
    expect(problems).toEqual([]);
  });

  test('have a README that is read in one go', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(MAXIMUM_README_LINES);
  });
});

test('the descriptions of the CRD have no sentence above 30 words', () => {
  const descriptions = descriptionsIn(modelDeploymentCrd());
  expect(descriptions.length).toBeGreaterThan(40);
  expect(descriptions.flatMap(tooLong)).toEqual([]);
});

describe('a sentence', () => {
  test.each([
    ['One ends. Another begins.', ['One ends.', 'Another begins.']],
    [
      'A stop in brackets ends one (as here). Then another.',
      ['A stop in brackets ends one (as here).', 'Then another.'],
    ],
    [
      'Times, e.g. 90 s, and i.e. Node 24, do not end it.',
      ['Times, e.g. 90 s, and i.e. Node 24, do not end it.'],
    ],
    ['Version 1.5 of node.js is not two.', ['Version 1.5 of node.js is not two.']],
    ['It waits 30 s. 10 are enough.', ['It waits 30 s.', '10 are enough.']],
    ['He said "stop." Nobody did.', ['He said "stop."', 'Nobody did.']],
  ])('is found in: %s', (text, expected) => {
    expect(splitSentences(text)).toEqual(expected);
  });

  test('counts words, not arrows and dashes', () => {
    expect(countWords('alias → version — at-least-once, 5 %')).toBe(4);
  });
});

describe('a paragraph', () => {
  test('is a block of lines, a list item or a heading; tables and code are none', () => {
    const markdown = [
      '# Title',
      'one',
      'two',
      '- first',
      '  goes on',
      '- second',
      '',
      '| a | b |',
      '|---|---|',
      '```sh',
      'make demo',
      '```',
      '1. third',
      '> quoted',
    ].join('\n');
    expect(paragraphs(markdown)).toEqual(['Title', 'one two', 'first goes on', 'second', 'third quoted']);
  });

  test('has links by their text, code spans as one word, and no emphasis', () => {
    const [text = ''] = paragraphs('**Bold.** `make e2e. X` runs, see [the *page*](a.md#b).');
    expect(splitSentences(text)).toEqual(['Bold.', '`make␣e2e.␣X` runs, see the page.']);
    expect(countWords(text)).toBe(6);
  });
});

test('a code span is found outside of code blocks', () => {
  expect(codeSpans('see `a/b.ts` and ``c `d` ``\n```\n`e`\n```')).toEqual(['a/b.ts', 'c `d`']);
});

describe('a link', () => {
  test('is found outside of code, with its line', () => {
    const markdown = 'see [a](x.md#y)\n```\n[b](z.md)\n```\n`[c](z.md)` ![d](p.svg "title")';
    expect(links(markdown)).toEqual([
      { target: 'x.md#y', line: 1 },
      { target: 'p.svg', line: 5 },
    ]);
  });

  test('leads to a heading by the anchor that GitHub gives it', () => {
    const markdown =
      '# The proof: `make test-cluster`\n## Who may do what?\n## Who may do what?\n```\n# no\n```';
    expect([...anchors(markdown)]).toEqual([
      'the-proof-make-test-cluster',
      'who-may-do-what',
      'who-may-do-what-1',
    ]);
  });
});
