import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import { printable } from '../../services/shared/printable.ts';
import { count, duration } from '../command-line/words.ts';
import type { Desk } from './desk.ts';
import type { Followers } from './followers.ts';
import type { JudgedStatement, JudgedTags } from './judged-statements.ts';
import type { VersionView } from './version-view.ts';

/** Tags without a statement that are shown one by one. */
const SHOWN_FAULTS = 10;
const TAG_CHARACTERS = 60;

/** What is known of a version, before its statements. Tags are texts of others. */
export function versionLines({ model, alias, place }: Desk, view: VersionView): readonly string[] {
  const { version, digest, files, card, problems, named, serving, followers, tags } = view;
  const { promotion, promotion_reason: why = '' } = tags;
  return [
    `${model} version ${version} at ${place}`,
    `  digest  ${digest}${files === undefined ? ', of the tag alone' : ''}`,
    `  files   ${filesText(files)}`,
    `  card    ${card ?? 'none'}`,
    ...problems.map((problem) => `  problem ${printable(problem, 500)}`),
    ...(promotion === undefined ? [] : [`  gate    ${printable(`${promotion}: ${why}`, 300)}`]),
    `  alias   ${alias} names ${named === undefined ? 'no version' : `version ${named}`}`,
    ...(serving.length === 0 ? ['  serves  unknown: no version has a tag of a rollout'] : []),
    ...serving.map((it) => `  serves  version ${it.version} in ${printable(it.rollout)} (${it.state})`),
    ...followerLines(followers).map((line) => `  rollout ${line}`),
  ];
}

function filesText(files: VersionView['files']): string {
  if (files === undefined) return 'not checked';
  const checked = files.areThoseOfTag ? 'checked' : 'not those of the tag';
  return `${count(files.count, 'file')}, ${count(files.bytes, 'byte')}, ${checked}`;
}

/** The same with the statements, as a person sees them before signing. */
export function viewLines(desk: Desk, view: VersionView, judged: JudgedTags): readonly string[] {
  const shown = shownStatements(judged);
  return [
    ...versionLines(desk, view),
    ...(judged.statements.length === 0 ? ['  signed  by nobody'] : []),
    ...shown.map((it) => `  signed  ${statementLine(it, desk.clock.now())}`),
    ...unshownLines(judged).map((line) => `  signed  ${line}`),
  ];
}

/** The statements, and the first tags that hold none. */
export function shownStatements({ statements }: JudgedTags): readonly JudgedStatement[] {
  let faults = 0;
  return statements.filter(({ reading }) => reading.kind === 'statement' || ++faults <= SHOWN_FAULTS);
}

/** What is not shown one by one, because anybody who may write tags can add any number. */
export function unshownLines(judged: JudgedTags): readonly string[] {
  const more = judged.statements.length - shownStatements(judged).length + judged.untold;
  return [
    ...(more === 0
      ? []
      : [
          `${count(more, 'more tag')} named statement.… ${more === 1 ? 'holds' : 'hold'} no statement that counts`,
        ]),
    ...(judged.unread === 0
      ? []
      : [
          `${count(judged.unread, 'tag')} named statement.… could not be read, because there are too many: one could be a rejection, so the operator holds the version. Delete the tags that are no statements`,
        ]),
  ];
}

/** Whether used-up statements are known, and what the ModelDeployments demand. */
function followerLines(followers: Followers): readonly string[] {
  if (followers.kind === 'unknown')
    return [`not known, so used-up statements do not show: ${printable(followers.why, 500)}`];
  return followers.objects.map((object) => {
    const { required = 0 } = object.spec.approval ?? {};
    return `${nameOf(object)} demands ${required === 0 ? 'no statement' : `statements by ${count(required, 'key')}`}`;
  });
}

function nameOf({ metadata: { namespace = 'default', name } }: ModelDeployment): string {
  return `${namespace}.${name}`;
}

/** One statement on one line. */
function statementLine({ reading, fault, inUseBy }: JudgedStatement, nowMilliseconds: number): string {
  if (reading.kind === 'fault')
    return `${printable(reading.tag, TAG_CHARACTERS)}: ${printable(reading.message)}, does not count`;
  const { kind, actor, reason, at } = reading.statement;
  const keys = reading.signers.map(({ name }) => name).join(', ');
  const age = duration(Math.max(0, nowMilliseconds - Date.parse(at)));
  const counts = inUseBy === undefined ? 'counts' : `counts, in use by ${inUseBy}`;
  const standing = fault === undefined ? counts : `does not count: it ${printable(fault.message)}`;
  return `${kind} by ${printable(actor)} (key ${keys}), ${age} ago, ${standing}: ${printable(reason)}`;
}
