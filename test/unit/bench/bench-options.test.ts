import { expect, test } from '@jest/globals';
import { parseBenchOptions } from '../../bench/bench-options.ts';

const KNOWN = ['stream', 'http'];
const parse = (...args: string[]) => parseBenchOptions(args, KNOWN);

test('measures every benchmark and publishes nothing by default', () => {
  expect(parse()).toEqual({ help: false, publish: false, only: [], names: [] });
});

test('takes options before and after the names of benchmarks', () => {
  const wanted = {
    help: false,
    publish: false,
    before: 'main',
    rounds: 3,
    only: ['4 shards', 'this service'],
    names: ['stream', 'http'],
  };
  const options = ['--before=main', '--rounds', '3', '--only=4 shards', '--only', 'this service'];
  expect(parse(...options, 'stream', 'http')).toEqual(wanted);
  expect(parse('stream', 'http', ...options)).toEqual(wanted);
});

test.each([['--before=nosuch'], ['--rounds=x'], ['--publishes'], ['nosuch']])(
  'gives help even beside %s',
  (argument) => {
    const help = { help: true, publish: false, only: [], names: [] };
    expect(parse(argument, '--help')).toEqual(help);
    expect(parse('--help', argument)).toEqual(help);
  },
);

test('refuses an empty text of a row', () => {
  expect(() => parse('--only=')).toThrow('--only is empty');
});

test('names the benchmarks to choose from if a name is unknown', () => {
  expect(() => parse('streams')).toThrow('there is no benchmark "streams"; choose from: stream, http');
});

test.each(['0', '-1', '1.5', '1e2', 'x', '', '1001'])('refuses --rounds=%s', (rounds) => {
  expect(() => parse(`--rounds=${rounds}`)).toThrow(
    `--rounds=${rounds} is not a whole number from 1 to 1000`,
  );
});

test('refuses an empty revision', () => {
  expect(() => parse('--before=')).toThrow('--before is empty');
});

test('refuses to publish a part of the rows', () => {
  expect(() => parse('--publish', '--only=x')).toThrow('leave out --only');
});

test('refuses an option that does not exist', () => {
  expect(() => parse('--publishes')).toThrow("Unknown option '--publishes'");
});
