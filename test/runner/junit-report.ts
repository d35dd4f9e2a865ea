import type { SuiteResult } from './suite-result.ts';

/**
 * Reads what `pytest --junitxml` writes. XML escapes `<` in texts and attributes, so that every tag found is a tag.
 * A file that pytest cannot collect is in the report as a test with an error.
 */
export function readJunitReport(xml: string): SuiteResult {
  const failures: string[] = [];
  let passed = 0;
  for (const testCase of xml.split('<testcase ').slice(1)) {
    if (/<(failure|error)\b/.test(testCase)) failures.push(testName(testCase));
    else if (!testCase.includes('<skipped')) passed += 1;
  }
  return { passed, failed: failures.length, failures };
}

function testName(testCase: string): string {
  const attribute = (name: string) => unescaped(new RegExp(`\\b${name}="([^"]*)"`).exec(testCase)?.[1] ?? '');
  return [attribute('classname'), attribute('name')].filter(Boolean).join('::');
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#10;', ' ')
    .replaceAll('&amp;', '&');
}
