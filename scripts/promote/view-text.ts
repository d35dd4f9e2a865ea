import { printable } from '../../services/shared/printable.ts';
import { count, duration } from '../command-line/words.ts';
import type { Desk } from './desk.ts';
import type { JudgedStatement } from './judged-statements.ts';
import type { VersionView } from './version-view.ts';

/** What a person sees before signing. Tags are texts of others. */
export function viewLines(
  { model, alias, place, clock }: Desk,
  { version, digest, files, card, named, serving, tags }: VersionView,
  statements: readonly JudgedStatement[],
): readonly string[] {
  const { promotion, promotion_reason: why = '' } = tags;
  return [
    `${model} version ${version} at ${place}`,
    `  digest  ${digest}`,
    `  files   ${files === undefined ? 'not checked' : `${count(files.count, 'file')}, ${count(files.bytes, 'byte')}, checked`}`,
    `  card    ${card ?? 'none'}`,
    ...(promotion === undefined ? [] : [`  gate    ${printable(`${promotion}: ${why}`, 300)}`]),
    `  alias   ${alias} names ${named === undefined ? 'no version' : `version ${named}`}`,
    ...(serving.length === 0 ? ['  serves  unknown: no version has a tag of a rollout'] : []),
    ...serving.map((it) => `  serves  version ${it.version} in ${printable(it.rollout)} (${it.state})`),
    ...(statements.length === 0 ? ['  signed  by nobody'] : []),
    ...statements.map((it) => `  signed  ${statementLine(it, clock.now())}`),
  ];
}

/** One statement on one line. */
function statementLine({ reading, fault }: JudgedStatement, nowMilliseconds: number): string {
  if (reading.kind === 'fault') return `${reading.tag}: ${printable(reading.message)}, does not count`;
  const { kind, actor, reason, at } = reading.statement;
  const keys = reading.signers.map(({ name }) => name).join(', ');
  const age = duration(Math.max(0, nowMilliseconds - Date.parse(at)));
  const standing = fault === undefined ? 'counts' : `does not count: it ${printable(fault.message)}`;
  return `${kind} by ${printable(actor)} (key ${keys}), ${age} ago, ${standing}: ${printable(reason)}`;
}
