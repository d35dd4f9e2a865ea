import { COMMANDS } from '../promote/commands.ts';
import { COMMON_OPTIONS } from '../promote/common-options.ts';
import { commandSections, exitCodeTable, optionTable } from './command-sections.ts';
import { page, pageHead } from './markdown.ts';

/** docs/reference/promote-tool.md */
export function promoteToolPage(): string {
  return page(
    ...pageHead('Promote command line', 'the commands of `scripts/promote`'),
    '',
    'The command is `make promote PROMOTE="<command> …"`. [Require an approval](../how-to/require-approval.md) shows examples.',
    'An option wins over its variable. Results go to standard output, and everything else to standard error.',
    '',
    'The command speaks to any MLflow that proxies its artifacts. It takes credentials from the files of `--credentials`.',
    "Without these files it takes them from the variables of MLflow's own client: `MLFLOW_TRACKING_USERNAME` with",
    '`MLFLOW_TRACKING_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`. `MLFLOW_TRACKING_SERVER_CERT_PATH` names the certificate of a private CA.',
    '',
    'It reads the ModelDeployment through the kubeconfig, to know what is demanded and which statements are used up. It changes nothing there.',
    'The person needs the right to list `modeldeployments`. Without that right the command works, and says what it does not know.',
    '',
    '## Exit codes',
    '',
    ...exitCodeTable(),
    '',
    '`make` itself exits with 2 after every failure. `node scripts/promote/main.ts <command> …` tells 1 from 2.',
    '',
    '## Options of every command',
    '',
    ...optionTable(COMMON_OPTIONS),
    ...commandSections('promote', COMMANDS),
  );
}
